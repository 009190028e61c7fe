"""Batches over real HTTP: gathered, sent once, collected whatever happens to the endpoint or to the worker."""

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from synth.errors import EspalierError, ModelError
from synth.models.base import Reply, Request
from synth.models.batch import Batched
from synth.models.batch_book import Book
from synth.models.chat import Chat
from synth.models.openai_batches import OpenAIBatches
from synth.models.openai_errors import Endpoint
from synth.settings import Engine
from tests.batch_server import BatchServer, Fault
from tests.loopback import completion


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """A completion that repeats the question."""
    usage = {"prompt_tokens": 11, "completion_tokens": 7}
    return completion(f"to: {body['messages'][0]['content']}", usage=usage)


class Stop(EspalierError):
    """A person stopped the run."""


def question(text: str, draw: int = 0) -> Request:
    """One question."""
    return Request("make_task", "hash", {}, text, 0.7, draw=draw)


def a_batched(server: BatchServer, folder: Path, stop: Sequence[bool] = (), path: str = "") -> Batched:
    """The engine under test, on a server and a run folder."""
    engine = Engine(kind="openai", base_url=server.base_url + path, model="tiny")
    endpoint = Endpoint.of(engine, None)

    def check() -> None:
        if stop:
            raise Stop("stopped")

    office, book = OpenAIBatches(endpoint), Book(folder, "tiny")
    return Batched("tiny", Chat(engine, endpoint), office, book, check, 0.15, room=0.1)


async def ask(model: Batched, texts: Sequence[str]) -> list[Reply]:
    """Ask all at once, and close."""
    try:
        return await asyncio.gather(*(model.complete(question(text)) for text in texts))
    finally:
        await model.close()


TEXTS = [f"question {number}" for number in range(40)]


def once_each(server: BatchServer) -> bool:
    """Whether every question was worked on exactly once."""
    return set(server.asked) == set(TEXTS) and set(server.asked.values()) == {1}


def right(replies: Sequence[Reply]) -> bool:
    """Whether every reply is to its own question."""
    return [reply.text for reply in replies] == [f"to: {text}" for text in TEXTS]


def test_questions_asked_together_go_as_one_batch_and_each_gets_its_own_answer(tmp_path: Path) -> None:
    with BatchServer(answer) as server:
        replies = asyncio.run(ask(a_batched(server, tmp_path), TEXTS))
    assert right(replies)
    assert server.sizes == [40]
    assert {reply.batch for reply in replies} == {True}
    assert {reply.prompt_tokens for reply in replies} == {11}


def test_answers_that_come_doubled_are_taken_once(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(doubled=0.5)]) as server:
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert once_each(server)


def test_questions_that_came_back_without_an_answer_are_sent_again_and_only_they(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(missing=0.4, status="expired"), Fault(broken=0.3)]) as server:
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert once_each(server)
        assert server.sizes[0] == 40 > server.sizes[1] > server.sizes[2]


def test_answers_whose_transfer_breaks_off_are_fetched_again(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(garbled=2)]) as server:
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert once_each(server)


def test_a_server_that_is_down_for_a_while_costs_only_time(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(looks=3)]) as server:
        model = a_batched(server, tmp_path)

        async def go() -> list[Reply]:
            waiting = asyncio.create_task(ask(model, TEXTS))
            while not server.batches:
                await asyncio.sleep(0.02)
            server.down = 2
            return await waiting

        assert right(asyncio.run(go()))
        assert once_each(server)


def test_a_batch_whose_beginning_was_not_heard_of_is_found_and_not_sent_twice(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(lost=True)]) as server:
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert once_each(server)


def test_a_worker_that_is_stopped_leaves_the_batch_to_the_next_one(tmp_path: Path) -> None:
    stop: list[bool] = []

    async def until_sent(server: BatchServer) -> None:
        model = a_batched(server, tmp_path, stop)
        waiting = asyncio.create_task(ask(model, TEXTS))
        while not Book(tmp_path, "tiny").sent or not any(one.batch for one in Book(tmp_path, "tiny").sent.values()):
            await asyncio.sleep(0.02)
        stop.append(True)
        with pytest.raises(Stop):
            await waiting

    with BatchServer(answer, [Fault(stuck=True)]) as server:
        asyncio.run(until_sent(server))
        server.batches["batch_0"].fault.stuck = False
        stop.clear()
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert once_each(server)
        assert len(server.batches) == 1


def test_a_worker_killed_between_saying_and_hearing_finds_its_batch(tmp_path: Path) -> None:
    with BatchServer(answer) as server:
        asyncio.run(ask(a_batched(server, tmp_path), TEXTS))
        log = tmp_path / "batches-tiny.jsonl"
        said = log.read_text().splitlines(keepends=True)
        log.write_text(said[0] + said[1][: len(said[1]) // 2])  # killed while the second line was written
        for path in tmp_path.glob("batch-*.jsonl"):
            path.unlink()
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert once_each(server)


def test_saved_answers_are_read_again_without_asking(tmp_path: Path) -> None:
    with BatchServer(answer) as server:
        asyncio.run(ask(a_batched(server, tmp_path), TEXTS))
    with BatchServer(answer) as other:
        assert right(asyncio.run(ask(a_batched(other, tmp_path), TEXTS)))
        assert not other.batches


def test_the_same_question_asked_twice_is_one_question_and_another_draw_is_another(tmp_path: Path) -> None:
    async def go(model: Batched) -> list[Reply]:
        try:
            return await asyncio.gather(*(model.complete(question("same", draw)) for draw in (0, 0, 1)))
        finally:
            await model.close()

    with BatchServer(answer) as server:
        asyncio.run(go(a_batched(server, tmp_path)))
        assert server.asked["same"] == 2


@pytest.mark.parametrize(("code", "said"), [("invalid_model", "invalid_model"), ("insufficient_quota", "quota")])
def test_a_batch_that_is_refused_ends_the_run_with_the_reason(tmp_path: Path, code: str, said: str) -> None:
    with BatchServer(answer, [Fault(refused=code)]) as server, pytest.raises(ModelError, match=said):
        asyncio.run(ask(a_batched(server, tmp_path), TEXTS))


def test_a_batch_that_is_too_large_for_now_is_sent_later_in_smaller_ones(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(refused="token_limit_exceeded")]) as server:
        assert right(asyncio.run(ask(a_batched(server, tmp_path), TEXTS)))
        assert server.sizes == [20, 20]
        assert once_each(server)


def test_an_endpoint_without_batches_is_said_so(tmp_path: Path) -> None:
    with BatchServer(answer) as server, pytest.raises(ModelError, match="without --batch"):
        asyncio.run(ask(a_batched(server, tmp_path, path="/elsewhere"), TEXTS[:2]))


def test_a_question_that_never_gets_an_answer_is_one_failed_question(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(missing=1.0, status="expired") for _ in range(9)]) as server:
        replies = asyncio.run(ask(a_batched(server, tmp_path), TEXTS[:3]))
    assert {reply.finish for reply in replies} == {"failed"}


def test_an_endpoint_that_takes_nothing_for_long_ends_the_run_with_the_reason(tmp_path: Path) -> None:
    told: list[str] = []
    with BatchServer(answer) as server:
        server.down = 10_000
        model = a_batched(server, tmp_path)
        model.patience = 0.3
        model.tell = lambda event: told.append(str(event["event"]))
        with pytest.raises(ModelError, match=r"has taken no batch for .*: it answers 503\. Resume"):
            asyncio.run(ask(model, TEXTS[:2]))
    assert told.count("batch put off") >= 2


def test_what_is_sent_and_collected_is_told(tmp_path: Path) -> None:
    told: list[dict[str, object]] = []
    with BatchServer(answer) as server:
        model = a_batched(server, tmp_path)
        model.tell = lambda event: told.append(dict(event))
        asyncio.run(ask(model, TEXTS))
    assert told == [
        {"event": "batch sent", "batch": "batch_0", "questions": 40},
        {"event": "batch collected", "batch": "batch_0", "answers": 40},
    ]
