"""Kill -9 loop over a real worker in batch mode with a slow batch server; count paid."""
import os, sys, time, random, pytest
from pathlib import Path
from tests.batch_server import BatchServer, Fault
from tests.runs.talking import *
from tests.runs.talking import USAGE
from tests.test_flow import open_with_seeds
from synth.models.ledger import read_calls
def test_batch_kill(tmp_path):
    ws=open_with_seeds(tmp_path/"w")
    def answer(body): return completion(reply_to(body["messages"][0]["content"]), usage=USAGE)
    chance=random.Random(int(os.environ.get("SEED","1")))
    with BatchServer(answer, [Fault(lost=True), Fault(), Fault(looks=3), Fault(missing=.3,status="expired"), Fault(broken=.3), Fault(lost=True)]) as server:
        cfg=config(server, batch=True, evolve={"roots":4,"rounds":1,"children":1,"distance":0.0}, grow={"steps":1})
        rid=ws.start_run(cfg); folder=ws.folder/"runs"/rid
        kills=0
        t0=time.time()
        while time.time()-t0<100:
            time.sleep(chance.uniform(0.5,6.0))
            if not ws.run(rid).alive: 
                print(ws.run(rid).state, ws.run(rid).error); break
            if kills<16 and kill_worker(folder):
                kills+=1; wait_until(lambda: not ws.run(rid).alive); ws.resume(rid)
        print("state", ws.run(rid).state, "kills", kills, "sizes", server.sizes, "paid", sum(server.asked.values()), "distinct", len(server.asked), "ledger calls", sum(1 for c in read_calls(folder) if not c["hit"]), round(time.time()-t0))
        print([q[:60] for q,n in server.asked.items() if n>1])
        ws.ingest(); everything_is_there_once(ws, rid); ws.cancel(rid) if ws.run(rid).alive else None; ws.close()
