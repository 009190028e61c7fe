import os, sys, time, random
from tests.runs.talking import *
from tests.test_flow import open_with_seeds
from tests.loopback import *
from tests import loopback
import time
KEY="sk-secret-0123456789abcdef"
def test_fresh_kill(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    ws=open_with_seeds(tmp_path/"w")
    def rep(t): return reply_to(t)
    async def a(rec, req):
        await asyncio.sleep(0.003)
        return web.json_response(completion(reply_to(rec.text)+f"\n<!-- {rec.headers.get('authorization')} -->", usage=USAGE, model="m "+KEY))
    chance=random.Random(5)
    with Loopback(a) as server:
        rid=ws.start_run(config(server)); print(ended(ws,rid), sum(asked(server).values()))
        n0=sum(asked(server).values())
        e=ws.estimating if hasattr(ws,"estimating") else None
        rid=ws.start_run(config(server)); print("repeat", ended(ws,rid), sum(asked(server).values())-n0)
        rid=ws.start_run(config(server, fresh=True)); folder=ws.folder/"runs"/rid
        kills=0
        while kills<8:
            at=len(server.requests)
            wait_until(lambda: len(server.requests)>at+8 or not ws.run(rid).alive)
            if not ws.run(rid).alive: break
            if kill_worker(folder):
                kills+=1; wait_until(lambda: not ws.run(rid).alive); ws.resume(rid)
        print("fresh", ended(ws,rid), "kills",kills,"paid",sum(asked(server).values())-n0,"of",n0)
        everything_is_there_once(ws,rid)
    ws.close()
    bad=[str(f) for f in (tmp_path/"w").rglob("*") if f.is_file() and KEY.encode() in f.read_bytes()]
    print("key in files:", bad)
