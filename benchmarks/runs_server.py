"""The server of `benchmarks/runs.py`: answers every question with the features of one seed, as fast as it can.

python benchmarks/runs_server.py     prints its port, and ends with its standard input
"""

import asyncio
import json

import models_server

FEATURES = {
    "algorithm": {f"sums {group}": [f"running total {group} {number}" for number in range(6)] for group in range(5)},
    "logging": ["levels", "rotation"],
}
"""About 40 features."""


def answer() -> bytes:
    """The whole HTTP answer."""
    body = json.loads(models_server.BODY)
    body["choices"][0]["message"]["content"] = f"<begin>{json.dumps(FEATURES)}<end>"
    content = json.dumps(body).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b" % (
        len(content),
        content,
    )


if __name__ == "__main__":
    models_server.ANSWER = answer()
    asyncio.run(models_server.serve())
