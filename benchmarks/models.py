"""Claims: all layers before an endpoint together cost less than the usual client alone, and a kept reply costs nothing.

python benchmarks/models.py [--calls 3000] [--repeats 5]

Both sides ask the same questions of the same server, a process of its own, 256 in flight. The bare side is the `openai`
client with its aiohttp transport. Ours is what a run has: asker, replies of the workspace (none known yet), accounts,
pace, request, parser and journal, while another process takes the journal into the database.
"""

import argparse
import asyncio
import itertools
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import openai
from measure import ratios, save

from synth.ask import Asker
from synth.journal import Journal
from synth.models.base import Request
from synth.models.cache import Cached
from synth.models.ledger import Account, Ledger
from synth.models.openai_compatible import OpenAICompatible
from synth.models.pace import Pace
from synth.models.paced import Paced
from synth.models.replies import Replies
from synth.prompts import Prompts
from synth.records import PreExtraction, Seed
from synth.settings import Engine, RunConfig
from synth.steps.extract import pre_extract_keywords

IN_FLIGHT = 256
HERE = Path(__file__).resolve().parent
CODE = "def weigh(values):\n" + "    # one line of a function that is as long as most\n" * 40
RUN = "r0001-bench"
LATENCY_CALLS = 400

Ask = Callable[[int], Awaitable[object]]


def seed(number: int) -> Seed:
    """Code that no other seed has."""
    return Seed(
        id=f"seed-{number}",
        source="path",
        path="a.py",
        line=1,
        end_line=41,
        name=f"f{number}",
        unit="function",
        code=f"{CODE}    return {number}\n",
        licence="MIT",
    )


@dataclass(slots=True)
class Ours:
    """The whole layer over a run's folder."""

    account: Account
    replies: Replies
    model: Cached
    asker: Asker
    journal: Journal

    @classmethod
    def open(cls, workspace: Path, url: str) -> "Ours":
        """As a worker does."""
        run = workspace / "runs" / RUN
        engine = Engine(kind="openai", model="tiny", base_url=url, concurrency=IN_FLIGHT)
        account, replies = Account(folder=run), Replies(workspace / "cache" / "replies.sqlite")
        paced = Paced(OpenAICompatible(engine, "key"), Pace.of(engine), engine.deadline_seconds)
        ledger = Ledger(paced, account, None)
        model = Cached(ledger, replies, on_hit=ledger.hit)
        return cls(account, replies, model, Asker(model), Journal(run))

    async def ask(self, number: int) -> None:
        """One item: asked for, parsed, journaled."""
        record = await pre_extract_keywords(self.asker, seed(number), 0.7)
        assert isinstance(record, PreExtraction), record
        self.journal.append(record)

    async def close(self) -> None:
        """Let go of everything."""
        await self.model.close()
        self.replies.close()
        self.account.close()
        self.journal.close()


def bare(client: openai.AsyncOpenAI) -> Ask:
    """The client alone, with the same questions."""
    prompt = Prompts().get("pre_extract")

    async def ask(number: int) -> None:
        text = prompt.render({"code": seed(number).code})
        completion = await client.chat.completions.create(
            model="tiny",
            messages=[{"role": "user", "content": text}],
            temperature=0.7,
            top_p=0.95,
            max_tokens=4096,
        )
        assert completion.choices[0].message.content

    return ask


async def timed(ask: Ask, numbers: range) -> tuple[float, float]:
    """Seconds by the clock and of this process's processor time for all, 256 in flight."""
    waiting = iter(numbers)

    async def work() -> None:
        for number in waiting:
            await ask(number)

    began, used = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(IN_FLIGHT)))
    return time.perf_counter() - began, time.process_time() - used


async def one_by_one(client_ask: Ask, ours: Ours, numbers: range) -> dict[str, list[float]]:
    """Seconds of single calls with nothing beside them, 50 of each in turn: the client's, ours, and ours when known."""
    prompt = ours.asker.prompts.get("pre_extract")
    seconds: dict[str, list[float]] = {"bare client": [], "whole layer": [], "known reply": []}
    for start in range(numbers.start, numbers.stop, 50):
        block = range(start, start + 50)
        texts = [prompt.render({"code": seed(number).code}) for number in block]
        asked = [Request("pre_extract", prompt.hash, {}, text, 0.7, form=prompt.form, step="extract") for text in texts]
        for number in block:
            began = time.perf_counter()
            await client_ask(number)
            seconds["bare client"].append(time.perf_counter() - began)
        for name in ("whole layer", "known reply"):
            for request in asked:
                began = time.perf_counter()
                reply = await ours.model.complete(request)
                seconds[name].append(time.perf_counter() - began)
                assert reply.hit is (name == "known reply")
    return seconds


async def measure(url: str, workspace: Path, calls: int, repeats: int) -> dict[str, object]:
    """Both sides in turn, then known questions, then one call at a time."""
    transport = openai.DefaultAioHttpClient(limits=openai.DEFAULT_CONNECTION_LIMITS)
    client = openai.AsyncOpenAI(api_key="key", base_url=url, max_retries=0, http_client=transport)
    ours = Ours.open(workspace, url)
    sides = {"bare client": bare(client), "whole layer": ours.ask}
    wall: dict[str, list[float]] = {name: [] for name in (*sides, "known replies")}
    processor: dict[str, list[float]] = {name: [] for name in wall}
    numbers = itertools.count()
    for name, ask in sides.items():  # connections and caches warm
        await timed(ask, range(-1000, -1000 + IN_FLIGHT) if name == "bare client" else range(-2000, -2000 + IN_FLIGHT))
    for _ in range(repeats):
        start = next(numbers) * calls
        asked = range(start, start + calls)
        for name, ask in (*sides.items(), ("known replies", ours.ask)):
            seconds, used = await timed(ask, asked)
            wall[name].append(seconds)
            processor[name].append(used)
    start = next(numbers) * calls
    alone = await one_by_one(sides["bare client"], ours, range(start, start + LATENCY_CALLS))
    await client.close()
    await ours.close()
    return {
        "in flight": IN_FLIGHT,
        "calls a repeat": calls,
        "calls a second": {name: round(calls / statistics.median(each)) for name, each in wall.items()},
        "processor ms a call": {
            name: round(1000 * statistics.median(each) / calls, 3) for name, each in processor.items()
        },
        "whole layer, times the bare client's rate": ratios(wall["bare client"], wall["whole layer"]),
        "known replies, times the whole layer's rate": ratios(wall["whole layer"], wall["known replies"]),
        "one at a time, microseconds": {name: round(1e6 * statistics.median(each), 1) for name, each in alone.items()},
        "known reply, times quicker than one call at a time": {
            name: round(statistics.median(alone[name]) / statistics.median(alone["known reply"]), 1)
            for name in ("bare client", "whole layer")
        },
        "known reply, times quicker than a call among 256": {
            name: round(IN_FLIGHT * statistics.median(wall[name]) / calls / statistics.median(alone["known reply"]))
            for name in ("bare client", "whole layer")
        },
    }


def main() -> None:
    """Start the server and the owner, measure, and check that every record arrived."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=3000)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with tempfile.TemporaryDirectory() as folder:
        workspace = Path(folder)
        (workspace / "runs" / RUN).mkdir(parents=True)
        (workspace / "runs" / RUN / "config.json").write_text(RunConfig().model_dump_json(), encoding="utf-8")
        server = subprocess.Popen([sys.executable, str(HERE / "models_server.py")], **pipes)  # type: ignore[call-overload]
        owner = subprocess.Popen([sys.executable, str(HERE / "models_owner.py"), folder], **pipes)  # type: ignore[call-overload]
        port, ready = server.stdout.readline().strip(), owner.stdout.readline().strip()
        assert ready == "ready"
        url = f"http://127.0.0.1:{port}/v1"
        result = asyncio.run(measure(url, workspace, options.calls, options.repeats))
        stored, _ = owner.communicate()
        server.communicate()
        expected = options.calls * options.repeats + IN_FLIGHT
        assert int(stored) == expected, f"{stored.strip()} of {expected} records arrived"
    save("models", {**result, "records taken into the database meanwhile": int(stored)})


if __name__ == "__main__":
    main()
