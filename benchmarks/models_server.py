"""A loopback server that answers chat completions as fast as one process can: no framework, fixed answers.

python benchmarks/models_server.py     prints its port, and ends with its standard input
"""

import asyncio
import json
import sys
from collections.abc import Callable

REPLY = json.dumps(
    {
        "keywords": [f"keyword number {number}" for number in range(20)] + ["words " * 12] * 4,
        "decline": None,
    }
)
"""About as long as the reply to a real question of this kind."""
BODY = json.dumps(
    {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": "tiny",
        "choices": [
            {
                "index": 0,
                "message": {"role": "assistant", "content": REPLY, "refusal": None},
                "logprobs": None,
                "finish_reason": "stop",
            }
        ],
        "usage": {"prompt_tokens": 800, "completion_tokens": 200, "total_tokens": 1000},
    }
).encode()
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (len(BODY), BODY)


class Server(asyncio.Protocol):
    """One connection, kept alive; every complete request gets the answer."""

    def __init__(self) -> None:
        self._waiting = b""
        self._write: Callable[[bytes], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep where to write."""
        assert isinstance(transport, asyncio.WriteTransport)
        self._write = transport.write

    def data_received(self, data: bytes) -> None:
        """Answer each request that is there whole."""
        waiting = self._waiting + data
        while (end := waiting.find(b"\r\n\r\n")) >= 0:
            head = waiting[:end].lower()
            start = head.find(b"content-length:")
            length = int(head[start + 15 :].split(b"\r\n", 1)[0]) if start >= 0 else 0
            if len(waiting) < end + 4 + length:
                break
            waiting = waiting[end + 4 + length :]
            assert self._write is not None
            self._write(ANSWER)
        self._waiting = waiting


async def serve() -> None:
    """Until the input ends."""
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Server, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve())
