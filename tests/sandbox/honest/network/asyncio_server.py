# grade: A-split
import asyncio
async def conversation(lines):
    async def serve(reader, writer):
        while line := await reader.readline():
            writer.write(line[::-1].strip() + b"\n")
            await writer.drain()
        writer.close()
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        reader, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
        answers = []
        for line in lines:
            writer.write(line.encode() + b"\n")
            answers.append((await reader.readline()).decode().strip())
        writer.close()
        await writer.wait_closed()
        return answers
def talk(lines):
    return asyncio.run(conversation(lines))
# --- test_talk.py
from solution import talk
def test_talk():
    assert talk(["abc", "de"]) == ["cba", "ed"]
