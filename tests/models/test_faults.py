"""Thousands of questions to an endpoint that fails in every way there is: each ends once, and nothing is paid twice.

Through the whole stack as a run has it: asker, the workspace's replies, accounts, pace, real HTTP, journal.
"""

import asyncio
import collections
import json
import re
from pathlib import Path

from synth.ask import Asker
from synth.errors import ModelError
from synth.journal import Journal, read_run
from synth.models.cache import Cached
from synth.models.ledger import Account, Ledger, read_calls
from synth.models.pace import Pace
from synth.models.replies import Replies
from synth.records import Dropped, PreExtraction, Record, Seed
from synth.settings import Engine
from synth.steps.extract import pre_extract_keywords
from tests import loopback
from tests.loopback import Answer, Loopback, Received
from tests.models.asking import engine_at, paced

ITEMS = 2000
FAULTS: dict[str, Answer] = {
    "429": loopback.rate_limited(0.01),
    "429 without a word": loopback.rate_limited(None),
    "500": loopback.server_error(),
    "503": loopback.error(503, "Overloaded."),
    "502 as 200": loopback.error_in_disguise(502),
    "400": loopback.error(400, "Too many tokens.", "context_length_exceeded"),
    "filter": loopback.error(400, "Filtered.", "content_filter"),
    "hang": loopback.at_most(12, loopback.hang(), loopback.error(504, "Timed out.")),
    "drip": loopback.drip('{"keywords": ["slow drip"], "decline": null}'),
    "reset": loopback.reset(),
    "broken off": loopback.broken_off(),
    "truncated": loopback.truncated(),
    "wrong shape": loopback.wrong_shape(),
    "not UTF-8": loopback.invalid_utf8(),
    "10 MB": loopback.huge(10),
    "refusal": loopback.refusal(),
    "empty": loopback.empty(),
    "cut off": loopback.cut_off('{"keywords": ["a", "b'),
    "talk": loopback.ok('{"keywords": ["!!!"], "decline": null}'),
    "declined": loopback.ok('{"keywords": [], "decline": "no code"}'),
}
LATER = "no reply: "
ENDS = {
    "429": LATER,
    "429 without a word": LATER,
    "500": LATER,
    "503": LATER,
    "502 as 200": LATER,
    "400": LATER,
    "filter": "refused by the model",
    "hang": LATER,
    "drip": "",
    "reset": LATER,
    "broken off": LATER,
    "truncated": LATER,
    "wrong shape": LATER,
    "not UTF-8": LATER,
    "10 MB": LATER,
    "refusal": "refused by the model",
    "empty": "empty reply",
    "cut off": "cut off at the token limit",
    "talk": "unparseable twice",
    "declined": "declined: no code",
    "good": "",
}
"""How an item ends that met this last: how the reason begins, or "" for a record."""


def seeds() -> list[Seed]:
    """Pieces of code that differ."""
    return [
        Seed(
            id=f"seed-{number}",
            source="path",
            path="a.py",
            line=number,
            end_line=number,
            name=f"f{number}",
            unit="function",
            code=f"def f{number}(): return {number}",
            licence="MIT",
        )
        for number in range(ITEMS)
    ]


def number_in(text: str) -> str:
    """Which seed a question is about."""
    found = re.search(r"def f(\d+)\(", text)
    assert found
    return found[1]


def good(received: Received) -> str:
    """Keywords that say which question they answer."""
    return json.dumps({"keywords": [f"number {number_in(received.text)}"], "decline": None})


class Bench:
    """A run's folder and the stack over it; opened anew for each worker."""

    def __init__(self, folder: Path, engine: Engine) -> None:
        self.run = folder / "runs" / "one"
        self.run.mkdir(parents=True, exist_ok=True)
        self._replies = folder / "replies.sqlite"
        self._engine = engine

    def work(self, items: list[Seed]) -> list[PreExtraction | Dropped | BaseException]:
        """Ask about all items at once and journal what comes of each."""
        return asyncio.run(self._work(items))

    async def _work(self, items: list[Seed]) -> list[PreExtraction | Dropped | BaseException]:
        account, replies = Account(folder=self.run), Replies(self._replies)
        ledger = Ledger(paced(self._engine, pace=Pace.of(self._engine)), account, None)
        model = Cached(ledger, replies, on_hit=ledger.hit)
        asker = Asker(model)
        with Journal(self.run) as journal:

            async def one(seed: Seed) -> PreExtraction | Dropped:
                record = await pre_extract_keywords(asker, seed, 0.7)
                journal.append(record)
                return record

            ended = await asyncio.gather(*(one(seed) for seed in items), return_exceptions=True)
        await model.close()
        replies.close()
        account.close()
        return ended


def key_of(record: Record) -> str:
    """The item that a record is for."""
    return record.subject_id if isinstance(record, Dropped) else record.seed_id  # type: ignore[attr-defined]


def test_two_thousand_questions_through_every_fault_are_each_accounted_for_once(tmp_path: Path) -> None:
    items = seeds()
    answer, met = loopback.mixed(FAULTS, 0.3, loopback.ok(good))
    with Loopback(answer) as server:
        bench = Bench(tmp_path, engine_at(server.base_url, concurrency=256, deadline_seconds=25.0))
        ended = bench.work(items)
        sent = len(server.requests)
    assert [end for end in ended if isinstance(end, BaseException)] == []

    records = list(read_run(bench.run))
    assert collections.Counter(map(key_of, records)) == collections.Counter(seed.id for seed in items)
    last = {f"seed-{number_in(text)}": names[-1] for text, names in met.items()}
    for record in records:
        reason = record.reason if isinstance(record, Dropped) else ""
        expected = ENDS[last[key_of(record)]]
        assert reason.startswith(expected), (last[key_of(record)], reason)
        assert bool(reason) == bool(expected), (last[key_of(record)], reason)
        if isinstance(record, Dropped):
            assert record.retry is (expected == LATER)
        elif last[key_of(record)] == "good":
            assert record.keywords == (f"number {key_of(record).split('-')[1]}",)  # type: ignore[attr-defined]
    assert {name for names in met.values() for name in names} == set(ENDS)

    calls = list(read_calls(bench.run))
    assert sum(call["attempts"] for call in calls) == sent
    assert sum(call["finish"] == "failed" for call in calls) == sum(
        isinstance(record, Dropped) and record.retry for record in records
    )

    # a second worker asks only what got no reply
    again = [record for record in records if isinstance(record, Dropped) and record.retry]
    assert again
    with Loopback(loopback.ok(good)) as server:
        bench = Bench(tmp_path, engine_at(server.base_url, concurrency=256))
        ended = bench.work(items)
        assert len(server.requests) == len(again)
    assert sum(isinstance(end, Dropped) for end in ended) == sum(
        isinstance(record, Dropped) for record in records
    ) - len(again)


def test_a_key_that_is_revoked_in_the_middle_ends_the_run_and_what_was_answered_is_not_paid_again(
    tmp_path: Path,
) -> None:
    items = seeds()[:300]
    script = [loopback.ok(good)] * 100
    with Loopback(*script, loopback.bad_key()) as server:
        ended = Bench(tmp_path, engine_at(server.base_url, concurrency=16)).work(items)
        assert len(server.requests) <= 100 + 16
    errors = [end for end in ended if isinstance(end, BaseException)]
    assert len(errors) == 200
    assert all(isinstance(error, ModelError) and "refused the key" in str(error) for error in errors)

    with Loopback(loopback.ok(good)) as server:
        ended = Bench(tmp_path, engine_at(server.base_url, concurrency=16)).work(items)
        assert len(server.requests) == 200
    assert all(isinstance(end, PreExtraction) for end in ended)
