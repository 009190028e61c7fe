"""What seldom happens between paying and keeping: lost batches, refusals that were mended, keys that come back."""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from synth.errors import CannotWrite, ModelError
from synth.models.base import Form, Reply, Request
from synth.models.batch import Batched
from synth.models.batch_book import Book
from synth.models.cache import Cached
from synth.models.chat import Chat
from synth.models.openai_batches import OpenAIBatches
from synth.models.openai_errors import Endpoint
from synth.models.pace import Pace
from synth.models.replies import Replies
from synth.settings import ROOT, Engine
from tests import loopback
from tests.batch_server import BatchServer, Fault
from tests.loopback import Loopback, completion
from tests.models.asked import model_at
from tests.models.asking import KEY, ask_one, engine_at, paced

FORM = Form("judge", {"score": "number"})


def answer(body: dict[str, Any]) -> dict[str, Any]:
    """A completion that repeats the question."""
    return completion(f"to: {body['messages'][0]['content']}", usage={"prompt_tokens": 11, "completion_tokens": 7})


def question(text: str = "one", form: Form | None = None) -> Request:
    """One question."""
    return Request("make_task", "hash", {}, text, 0.7, form=form)


def a_batched(server: BatchServer, folder: Path, key: str | None = None) -> Batched:
    """The engine under test."""
    engine = Engine(kind="openai", base_url=server.base_url, model="tiny")
    endpoint = Endpoint.of(engine, key)
    office, book = OpenAIBatches(endpoint), Book(folder, "tiny")
    return Batched("tiny", Chat(engine, endpoint), office, book, lambda: None, 0.15, room=0.1, first_look=0.05)


async def ask(model: Batched, *requests: Request) -> list[Reply]:
    """Ask all at once, and close."""
    try:
        return await asyncio.gather(*(model.complete(request) for request in requests))
    finally:
        await model.close()


async def leave_it(model: Batched, until: Callable[[], bool], *requests: Request) -> None:
    """Ask, and go away as soon as something holds, as a killed worker does."""
    waiting = asyncio.create_task(ask(model, *requests))
    while not until():
        await asyncio.sleep(0.01)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting


def is_on_its_way(folder: Path) -> bool:
    """Whether a batch has an id."""
    return any(one.batch for one in Book(folder, "tiny").sent.values())


def test_an_answered_batch_is_found_by_a_worker_that_has_not_learnt_what_the_model_takes(tmp_path: Path) -> None:
    class Plain(BatchServer):
        """Takes no schema."""

        def _work(self, batch: Any) -> None:  # noqa: ANN401
            line = json.loads(self.files[batch.file])
            if "response_format" not in line["body"]:
                super()._work(batch)
                return
            refused = {"error": {"message": "response_format is not supported", "code": None}}
            told = {"custom_id": line["custom_id"], "response": {"status_code": 400, "body": refused}}
            batch.errors = self._keep([told])

    async def first(server: BatchServer) -> None:
        model = a_batched(server, tmp_path)
        await model.complete(question("first", FORM))  # from now on this worker asks in tags
        server.faults.append(Fault(stuck=True))
        await leave_it(model, lambda: is_on_its_way(tmp_path), question("second", FORM))

    with Plain(answer) as server:
        asyncio.run(first(server))
        assert server.asked["second"] == 1
        list(server.batches.values())[-1].fault.stuck = False
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question("second", FORM)))
        assert reply.text == "to: second"
        assert server.asked["second"] == 1, "paid twice"


def test_a_batch_that_the_endpoint_no_longer_knows_does_not_end_every_later_run(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(stuck=True)]) as server:
        asyncio.run(leave_it(a_batched(server, tmp_path), lambda: is_on_its_way(tmp_path), question()))
        del server.batches["batch_0"]
        with pytest.raises(ModelError, match=r"batch_0.*paid, anew"):
            asyncio.run(ask(a_batched(server, tmp_path), question()))
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
    assert reply.text == "to: one"


def test_answers_whose_file_is_gone_are_asked_for_again(tmp_path: Path) -> None:
    class Tidy(BatchServer):
        """Throws files away."""

        async def _content(self, request: web.Request) -> web.Response:
            known = request.match_info["id"] in self.files
            return await super()._content(request) if known else web.json_response({}, status=404)

    with Tidy(answer, [Fault(stuck=True)]) as server:
        asyncio.run(leave_it(a_batched(server, tmp_path), lambda: is_on_its_way(tmp_path), question()))
        server.batches["batch_0"].fault.stuck = False
        del server.files[server.batches["batch_0"].output]
        with pytest.raises(ModelError, match="paid, anew"):
            asyncio.run(ask(a_batched(server, tmp_path), question()))
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
    assert reply.text == "to: one"


def test_a_batch_that_was_refused_is_sent_anew_when_the_person_has_mended_it(tmp_path: Path) -> None:
    with BatchServer(answer, [Fault(refused="billing_hard_limit_reached")]) as server:
        with pytest.raises(ModelError, match="resume the run"):
            asyncio.run(ask(a_batched(server, tmp_path), question()))
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
    assert reply.text == "to: one"


@pytest.mark.parametrize(("status", "code"), [(429, "insufficient_quota"), (401, "invalid_api_key"), (400, None)])
def test_a_question_that_a_batch_refused_is_sent_anew_by_a_resumed_run(
    tmp_path: Path, status: int, code: str | None
) -> None:
    class Poor(BatchServer):
        """Refuses the questions of its first batch."""

        def _work(self, batch: Any) -> None:  # noqa: ANN401
            super()._work(batch)
            if batch.id == "batch_0":
                line = json.loads(self.files[batch.output])
                refused = {"error": {"message": "no", "code": code}}
                line["response"] = {"status_code": status, "body": refused}
                self.files[batch.output] = json.dumps(line).encode() + b"\n"

    with Poor(answer) as server:
        try:
            (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
            assert reply.finish == "failed"
        except ModelError:
            pass
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
    assert reply.text == "to: one"


@pytest.mark.parametrize("said", ['{"data": 3}', "<html>sign in</html>"])
@pytest.mark.parametrize("where", ["_look", "_begin", "_upload", "_list", "_content"])
def test_an_office_that_says_something_odd_once_costs_only_time(tmp_path: Path, where: str, said: str) -> None:
    class Odd(BatchServer):
        """Says it once."""

    told: list[str] = []
    times = 6 if where == "_content" else 1

    def odd(name: str) -> Any:  # noqa: ANN401
        async def handle(self: BatchServer, request: web.Request) -> web.Response:
            if name == where and len(told) < times:
                if name in ("_upload", "_begin"):
                    await getattr(BatchServer, name)(self, request)  # it did, and says it badly
                told.append(name)
                kind = "text/html" if said.startswith("<") else "application/json"
                return web.Response(text=said, content_type=kind)
            return await getattr(BatchServer, name)(self, request)

        return handle

    setattr(Odd, where, odd(where))
    faults = [Fault(lost=True)] if where == "_list" else []
    with Odd(answer, faults) as server:
        model = a_batched(server, tmp_path)
        (reply,) = asyncio.run(ask(model, question()))
        assert reply.text == "to: one"
        assert server.asked["one"] == 1
    assert told


def test_a_key_that_the_endpoint_says_back_is_in_no_file_of_a_batch(tmp_path: Path) -> None:
    with BatchServer(lambda body: completion(f"Your key is {KEY}.", model=KEY)) as server:
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path, KEY), question()))
    assert reply.text == "Your key is [key]."
    assert KEY not in reply.model
    assert all(KEY.encode() not in file.read_bytes() for file in tmp_path.iterdir())


def test_answers_that_are_said_to_be_saved_and_are_not_are_fetched_again(tmp_path: Path) -> None:
    with BatchServer(answer) as server:
        asyncio.run(ask(a_batched(server, tmp_path), question()))
        (tmp_path / next(file.name for file in tmp_path.glob("batch-*.jsonl"))).unlink()  # as after a power cut
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
        assert reply.text == "to: one"
        assert server.asked["one"] == 1, "paid twice"


def test_a_batch_whose_beginning_is_slow_to_show_is_not_sent_twice(tmp_path: Path) -> None:
    class Slow(BatchServer):
        """Loses the answer to the beginning and lists the batch only a moment later."""

        async def _begin(self, request: web.Request) -> web.Response:
            await request.read()  # kept with the request
            later.append(asyncio.ensure_future(really(request)))
            assert request.transport is not None
            request.transport.abort()
            raise asyncio.CancelledError

    later: list[Any] = []

    async def really(request: web.Request) -> None:
        await asyncio.sleep(0.05)
        await BatchServer._begin(server, request)

    with Slow(answer) as server:
        (reply,) = asyncio.run(ask(a_batched(server, tmp_path), question()))
        assert reply.text == "to: one"
        assert server.asked["one"] == 1, "paid twice"


async def kept(server: Loopback, replies: Replies, *texts: str, since: float = 0.0) -> list[Reply]:
    """Ask all at once, with the workspace's replies in front."""
    model = Cached(model_at(server), replies, since=since)
    try:
        return await asyncio.gather(*(model.complete(question(text)) for text in texts))
    finally:
        await model.close()


def test_replies_whose_file_is_deleted_under_a_run_go_to_a_new_one(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "replies.sqlite"
    with Loopback() as server:
        replies = Replies(path)
        asyncio.run(kept(server, replies, "before"))
        for file in tmp_path.glob("replies.sqlite*"):
            file.unlink()
        asyncio.run(kept(server, replies, "after"))
        replies.close()
        later = Replies(path)
        (reply,) = asyncio.run(kept(server, later, "after"))
        later.close()
    assert reply.hit
    assert len(server.requests) == 2
    assert "deleted while in use" in caplog.text


def test_replies_that_another_worker_set_aside_are_not_written_to_any_more(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with Loopback() as server:
        first = Replies(path)
        asyncio.run(kept(server, first, "before"))
        path.rename(tmp_path / "replies.sqlite.damaged-1")
        second = Replies(path)
        asyncio.run(kept(server, second, "by the second"))
        asyncio.run(kept(server, first, "by the first"))
        first.close()  # must not take the journal of the new file along
        replies = asyncio.run(kept(server, second, "by the first", "by the second"))
        second.close()
    assert [reply.hit for reply in replies] == [True, True]


def test_a_fresh_run_takes_its_own_answers_even_where_the_clock_was_set_back(tmp_path: Path) -> None:
    began = time.time() + 3600
    with Loopback() as server:
        for _ in range(2):
            replies = Replies(tmp_path / "replies.sqlite")
            asyncio.run(kept(server, replies, "same", "same", "same", since=began))
            replies.close()
        assert len(server.requests) == 1


ASKING = """
import asyncio, sys
from pathlib import Path
from synth.models.cache import Cached
from synth.models.replies import Replies
from tests.models.asked import question
from tests.models.asking import engine_at, paced
replies = Replies(Path(sys.argv[1]))
model = Cached(paced(engine_at(sys.argv[2])), replies)
async def go():
    print((await model.complete(question("the same"))).text)
    await model.close()
asyncio.run(go())
replies.close()
"""


@pytest.mark.parametrize("killed", [False, True], ids=["both live", "the first is killed"])
def test_a_question_that_another_worker_has_in_flight_is_paid_once(tmp_path: Path, killed: bool) -> None:
    async def slow(received: loopback.Received, request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(1.5)
        return await loopback.ok("said")(received, request)

    with Loopback(slow) as server:
        command = [sys.executable, "-c", ASKING, str(tmp_path / "replies.sqlite"), server.base_url]
        first = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        while not server.requests:
            time.sleep(0.01)
        second = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        if killed:
            time.sleep(0.3)
            first.kill()
        assert second.communicate(timeout=30)[0] == "said\n"
        first.communicate(timeout=30)
        assert len(server.requests) == (2 if killed else 1)


def test_where_a_reply_could_not_be_kept_no_further_question_is_sent(tmp_path: Path) -> None:
    with Loopback() as server:
        replies = Replies(tmp_path / "replies.sqlite")
        asyncio.run(kept(server, replies, "before"))
        replies._writer_connection.execute("pragma query_only = on")
        for text in ("one", "two"):
            with pytest.raises(CannotWrite):
                asyncio.run(kept(server, replies, text))
        assert len(server.requests) == 2
        assert asyncio.run(kept(server, replies, "before"))[0].hit
        replies.close()


@pytest.mark.parametrize("status", [429, 500])
@pytest.mark.parametrize("wait", ["0", "Wed, 21 Oct 2015 07:28:00 GMT"])
def test_an_endpoint_that_says_at_once_and_never_answers_is_not_stormed(status: int, wait: str) -> None:
    script = loopback.error(status, "busy", None, {"retry-after": wait})
    reply, server = ask_one(script, deadline_seconds=1.5)
    assert reply.finish == "failed"
    assert len(server.requests) < 10


def test_an_endpoint_that_only_ever_asks_for_pauses_ends_the_run() -> None:
    async def until_the_end() -> str:
        with Loopback(loopback.ok(), loopback.rate_limited(0.2)) as server:
            pace = Pace(4, patience=0.5, excuse=0.6)
            model = paced(engine_at(server.base_url, deadline_seconds=0.5), pace=pace)
            try:
                for _ in range(50):
                    await model.complete(question())
            except ModelError as error:
                return str(error)
            finally:
                await model.close()
        return "it never ended"

    assert asyncio.run(until_the_end()).startswith("Nothing got through for ")


@pytest.mark.parametrize(("code", "said"), [("insufficient_quota", "no quota"), ("invalid_api_key", "refused the key")])
def test_what_ends_the_run_ends_it_with_status_200_too(code: str, said: str) -> None:
    with pytest.raises(ModelError, match=said):
        ask_one(loopback.body({"error": {"message": "no", "code": code}}))


def test_a_number_that_is_written_as_a_text_is_the_status_of_an_error_in_disguise() -> None:
    limited = loopback.body({"error": {"message": "slowly", "code": "429"}})
    reply, server = ask_one(limited, loopback.ok())
    assert (reply.finish, len(server.requests)) == ("stop", 2)


def test_a_key_that_the_endpoint_says_back_is_in_no_reply() -> None:
    reply, _ = ask_one(loopback.body(completion(f"Your key is {KEY}.", model=f"{KEY}-large")))
    assert (reply.text, reply.model) == ("Your key is [key].", "[key]-large")
    reply, _ = ask_one(loopback.refusal(f"No, {KEY}."))
    assert KEY not in repr(reply)


@pytest.mark.parametrize("word", ["key", "EMPTY", "ollama", "lm-studio", "sk-no-key-required"])
def test_a_word_that_stands_for_a_key_is_left_in_replies(word: str) -> None:
    endpoint = Endpoint.of(Engine(kind="openai", base_url="http://127.0.0.1:1/v1", model="m"), word)
    assert endpoint.without_key(f"a {word} in a dict") == f"a {word} in a dict"
    real = Endpoint.of(Engine(kind="openai", base_url="http://127.0.0.1:1/v1", model="m"), "sk-4f9a0c1b2d3e")
    assert real.without_key("it was sk-4f9a0c1b2d3e.") == "it was [key]."
