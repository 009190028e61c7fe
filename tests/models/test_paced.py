"""Asking until there is an answer, at the pace that the endpoint can take: against a loopback server, real HTTP."""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable

import pytest

from synth.errors import ModelError
from synth.models.base import Reply
from synth.models.chat import wait_asked_for
from synth.models.openai_compatible import OpenAICompatible
from synth.models.pace import Bucket, Event, Pace
from synth.models.paced import Paced
from synth.settings import ROOT
from tests import loopback
from tests.loopback import Loopback
from tests.models.asking import KEY, ask, ask_one, closed_port, engine_at, paced, question

# ---- what is tried again


@pytest.mark.parametrize(
    "script",
    [
        loopback.rate_limited(),
        loopback.rate_limited(None),
        loopback.rate_limited(0, as_date=True),
        loopback.server_error(),
        loopback.error(502, "Bad gateway."),
        loopback.error(503, "Overloaded."),
        loopback.error(529, "Overloaded."),
        loopback.error(408, "Too slow."),
        loopback.error(409, "Busy."),
        loopback.error_in_disguise(502),
        loopback.reset(),
        loopback.broken_off(),
        loopback.raw("gateway down", content_type="text/plain", status=504),
    ],
)
def test_what_may_go_better_the_next_time_is_tried_again(script: loopback.Answer) -> None:
    reply, server = ask_one(script, script, loopback.ok("at last"))
    assert (reply.text, reply.attempts) == ("at last", 3)
    assert len(server.requests) == 3
    assert reply.seconds > 0


@pytest.mark.parametrize("script", [loopback.server_error(), loopback.rate_limited(), loopback.reset()])
def test_a_server_that_keeps_failing_costs_one_question_not_the_run(script: loopback.Answer) -> None:
    reply, server = ask_one(script, deadline_seconds=0.6)
    assert (reply.finish, reply.text) == ("failed", "")
    assert reply.attempts == len(server.requests) > 1
    assert f"asked {reply.attempts} times" in reply.note


def test_what_the_endpoint_said_last_is_kept_with_a_question_that_failed() -> None:
    reply, _ = ask_one(loopback.error(500, "Disk on fire.", None, {"retry-after": "0.05"}), deadline_seconds=0.3)
    assert reply.note.startswith('the endpoint answered 500: "Disk on fire."')
    assert "Disk on fire." in reply.raw


def test_a_server_that_hangs_costs_one_question_and_retries_do_not_stretch_the_deadline() -> None:
    began = time.monotonic()
    reply, server = ask_one(loopback.server_error(0.1), loopback.hang(), deadline_seconds=0.5)
    assert (reply.finish, reply.text) == ("failed", "")
    assert len(server.requests) == 2
    assert 0.4 < reply.seconds < time.monotonic() - began


def test_a_pause_that_is_longer_than_what_is_left_ends_the_question_without_waiting_for_it() -> None:
    reply, server = ask_one(loopback.rate_limited(600), deadline_seconds=30)
    assert reply.finish == "failed"
    assert "429" in reply.note
    assert len(server.requests) == 1
    assert reply.seconds < 15


def test_a_server_that_says_that_trying_again_is_of_no_use_is_believed() -> None:
    reply, server = ask_one(loopback.error(500, "Never.", None, {"x-should-retry": "false"}))
    assert reply.finish == "failed"
    assert len(server.requests) == 1


def test_one_failed_question_leaves_the_next_one_alone() -> None:
    async def run(server: Loopback) -> list[str]:
        model = paced(engine_at(server.base_url))
        replies = [await model.complete(question()) for _ in range(3)]
        await model.close()
        return [reply.finish for reply in replies]

    with Loopback(loopback.truncated(), loopback.error(400, "no"), loopback.ok()) as server:
        assert asyncio.run(run(server)) == ["failed", "failed", "stop"]


# ---- what the endpoint asks for


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "2"}, 2.0),
        ({"retry-after": "0.25"}, 0.25),
        ({"retry-after-ms": "250", "retry-after": "1"}, 0.25),
        ({"retry-after": "Thu, 01 Jan 1970 00:00:00 GMT"}, 0.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "inf"}, None),
        ({}, None),
        ({"x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1m2.5s"}, 62.5),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "20ms"}, 0.02),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "7"}, 7.0),
        ({"x-ratelimit-remaining-tokens": "5", "x-ratelimit-reset-tokens": "7s"}, None),
        ({"x-ratelimit-remaining-tokens": "0", "x-ratelimit-reset-tokens": "a while"}, None),
    ],
)
def test_how_long_to_wait_is_read_in_every_form_that_is_in_use(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_asked_for(headers) == seconds


def test_a_date_to_wait_for_is_read_as_the_time_until_then() -> None:
    from email.utils import formatdate

    waited = wait_asked_for({"retry-after": formatdate(time.time() + 30, usegmt=True)})
    assert waited is not None
    assert 28 < waited <= 30


def in_one_loop(work: Callable[[Paced, Pace], Awaitable[None]], server: Loopback, **changes: object) -> None:
    """Run with a model and its pace, and close it."""

    async def run() -> None:
        engine = engine_at(server.base_url, **changes)
        pace = Pace.of(engine)
        model = paced(engine, pace=pace)
        try:
            await work(model, pace)
        finally:
            await model.close()

    asyncio.run(run())


def test_a_pause_that_the_endpoint_asks_for_holds_for_all_questions_and_costs_new_ones_nothing() -> None:
    async def work(model: Paced, pace: Pace) -> None:
        first = asyncio.create_task(model.complete(question("first")))
        while pace.pause_left() == 0:
            await asyncio.sleep(0.01)
        began = time.monotonic()
        second = await model.complete(question("second"))
        assert time.monotonic() - began > 1.5
        assert second.text == "fine"
        assert second.seconds < 1.5, "waiting for the first try is not the question's"
        assert (await first).attempts == 2

    with Loopback(loopback.rate_limited(2), loopback.ok()) as server:
        in_one_loop(work, server, concurrency=4)
    assert [received.text for received in server.requests].count("first") == 2


def test_waiting_for_a_free_place_does_not_count_towards_the_deadline() -> None:
    with Loopback(loopback.drip(pieces=4, pause=0.1)) as server:
        replies = ask(server.base_url, *[question()] * 4, concurrency=1, deadline_seconds=1.0)
    assert [reply.finish for reply in replies] == ["stop"] * 4  # type: ignore[union-attr]


def test_no_more_questions_are_in_flight_than_allowed() -> None:
    with Loopback(loopback.ok(pairs=asyncio.Barrier(2))) as server:
        ask(server.base_url, *[question()] * 8, concurrency=2)
    assert len(server.requests) == 8
    assert server.peak == 2


def test_more_than_five_hundred_questions_are_in_flight_from_one_worker() -> None:
    with Loopback(loopback.ok(pairs=asyncio.Barrier(600))) as server:
        replies = ask(server.base_url, *[question()] * 600, concurrency=600, deadline_seconds=60.0)
    assert [reply.finish for reply in replies] == ["stop"] * 600  # type: ignore[union-attr]
    assert server.peak == 600


def test_fewer_are_asked_at_once_when_the_endpoint_has_too_much_to_do_and_every_question_is_answered() -> None:
    limits: list[float] = []

    async def work(model: Paced, pace: Pace) -> None:
        async def one(number: int) -> Reply:
            reply = await model.complete(question(f"q{number}"))
            limits.append(pace.limit)
            return reply

        replies = await asyncio.gather(*(one(number) for number in range(400)))
        assert {reply.finish for reply in replies} == {"stop"}

    with Loopback() as server:
        server.answer_with(loopback.fewer_at_once(8, lambda: server))
        in_one_loop(work, server, concurrency=64, deadline_seconds=60.0)
    assert min(limits) < 16
    refused = len(server.requests) - 400
    assert 0 < refused < 400, "most of what was sent was taken"


def test_more_are_asked_at_once_again_when_the_trouble_is_over() -> None:
    async def work(model: Paced, pace: Pace) -> None:
        await asyncio.gather(*(model.complete(question()) for _ in range(32)))
        low = pace.limit
        for _ in range(40):
            await asyncio.gather(*(model.complete(question()) for _ in range(32)))
        assert low < 32
        assert pace.limit == 32

    with Loopback(*[loopback.rate_limited(None)] * 8, loopback.ok()) as server:
        in_one_loop(work, server, concurrency=32)


def test_requests_in_flight_at_once_that_are_all_refused_slow_it_down_once() -> None:
    events: list[Event] = []

    async def run(server: Loopback) -> None:
        engine = engine_at(server.base_url, concurrency=16)
        pace = Pace(16, on_event=events.append)
        model = paced(engine, pace=pace)
        await asyncio.gather(*(model.complete(question()) for _ in range(16)))
        await model.close()

    with Loopback(*[loopback.rate_limited(None)] * 16, loopback.ok()) as server:
        asyncio.run(run(server))
    slower = [event for event in events if event["event"] == "slower"]
    assert len(slower) == 1
    assert slower[0]["in_flight"] == 9


def test_two_models_of_one_endpoint_share_its_pace() -> None:
    async def run(server: Loopback) -> None:
        engines = [engine_at(server.base_url, concurrency=3), engine_at(server.base_url, concurrency=3)]
        pace = Pace.of(engines[0])
        models = [Paced(OpenAICompatible(engine, KEY), pace, 20.0) for engine in engines]
        await asyncio.gather(*(model.complete(question()) for model in models for _ in range(9)))
        for model in models:
            await model.close()

    with Loopback(loopback.ok(pairs=asyncio.Barrier(3))) as server:
        asyncio.run(run(server))
    assert server.peak == 3


def test_a_machine_that_allows_few_open_files_has_fewer_questions_in_flight_and_all_are_answered() -> None:
    code = (
        "import resource, sys\n"
        "from tests.models.asking import ask, question\n"
        "ask(sys.argv[1], question())\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))\n"
        "replies = ask(sys.argv[1], *[question()] * 300, concurrency=300, deadline_seconds=60.0)\n"
        "print({reply.text for reply in replies})\n"
    )
    with Loopback(loopback.drip(pieces=2, pause=0.02)) as server:
        result = subprocess.run(
            [sys.executable, "-c", code, server.base_url], cwd=ROOT, capture_output=True, text=True, check=False
        )
    assert result.stdout == "{'fine'}\n", result.stderr
    assert 8 < server.peak < 64


# ---- so many a minute


def test_requests_a_minute_are_kept_to() -> None:
    with Loopback() as server:
        began = time.monotonic()
        ask(server.base_url, *[question()] * 12, concurrency=12, requests_per_minute=600)
        took = time.monotonic() - began
    assert len(server.requests) == 12
    assert took >= 0.2, "ten at once, and two at ten a second"


def test_tokens_a_minute_are_kept_to_by_what_the_endpoint_counts() -> None:
    # each question is taken for 508 tokens before it is known that it took 18
    async def work(model: Paced, pace: Pace) -> None:
        for _ in range(40):
            await model.complete(question())

    with Loopback() as server:
        began = time.monotonic()
        in_one_loop(work, server, tokens_per_minute=60_000)
        took = time.monotonic() - began
    assert len(server.requests) == 40
    assert took < 40 * 0.508, "what was not used was given back"


def test_a_bucket_lends_to_what_is_larger_than_itself_and_waits_until_that_is_paid_back() -> None:
    bucket = Bucket(600)
    assert bucket.delay(1) == 0
    assert bucket.delay(1000) == 0
    bucket.take(1000)
    assert 98 < bucket.delay(1) < 100
    bucket.take(-1000)
    assert bucket.delay(1) == 0
    assert Bucket(0).delay(1e9) == 0


def test_a_question_that_is_tried_again_goes_before_new_ones() -> None:
    async def work(model: Paced, pace: Pace) -> None:
        await asyncio.gather(*(model.complete(question(f"q{number}")) for number in range(6)))

    with Loopback(loopback.server_error(), loopback.drip(pause=0.05), loopback.ok()) as server:
        in_one_loop(work, server, concurrency=1)
    assert [received.text for received in server.requests][:3] == ["q0", "q1", "q0"]


# ---- what ends the run


def test_what_ends_the_run_ends_it_for_all_who_wait_and_nothing_more_is_sent() -> None:
    with Loopback(loopback.rate_limited(15), loopback.no_quota()) as server:
        began = time.monotonic()
        ended = ask(server.base_url, *[question()] * 50, concurrency=2)
        took = time.monotonic() - began
    assert all(isinstance(end, ModelError) and "no quota left" in str(end) for end in ended)
    assert len(server.requests) == 2
    assert took < 15, "the one in its pause did not sleep to the end"


def test_an_endpoint_that_asks_for_hours_has_no_room_for_this_run() -> None:
    with Loopback(loopback.rate_limited(80_000)) as server:
        (error,) = ask(server.base_url, question())
    assert isinstance(error, ModelError)
    assert "22.2 hours" in str(error)
    assert "Resume the run" in str(error)


def test_a_server_that_was_never_there_ends_the_run_at_once() -> None:
    ended = ask(f"http://127.0.0.1:{closed_port()}/v1", question(), question(), concurrency=1)
    assert all(isinstance(end, ModelError) and "cannot be reached" in str(end) for end in ended)


def test_a_server_that_goes_away_after_its_first_answer_costs_questions_until_the_patience_ends() -> None:
    async def run() -> list[str]:
        with Loopback(loopback.ok()) as server:
            engine = engine_at(server.base_url, deadline_seconds=0.7)
            pace = Pace(4, patience=1.5)
            model = paced(engine, pace=pace)
            ends = [(await model.complete(question())).finish]
        for _ in range(10):
            try:
                ends.append((await model.complete(question())).finish)
            except ModelError as error:
                ends.append(str(error))
                break
        await model.close()
        return ends

    first, *failed, last = asyncio.run(run())
    assert first == "stop"
    assert failed
    assert set(failed) == {"failed"}
    assert last.startswith("Nothing got through for ")
    assert "cannot be reached" in last


def test_a_server_that_comes_back_within_the_deadline_answers_the_question() -> None:
    async def run() -> Reply:
        with Loopback(loopback.ok()) as server:
            engine = engine_at(server.base_url)
            model = paced(engine)
            await model.complete(question())
            port = server.port
        asked = asyncio.create_task(model.complete(question("again")))
        await asyncio.sleep(0.3)
        with Loopback(loopback.ok("back"), port=port):
            reply = await asked
        await model.close()
        return reply

    reply = asyncio.run(run())
    assert reply.text == "back"
    assert reply.attempts > 1


def test_a_question_that_is_cancelled_gives_its_place_back() -> None:
    async def work(model: Paced, pace: Pace) -> None:
        tasks = [asyncio.create_task(model.complete(question())) for _ in range(6)]
        await asyncio.sleep(0.2)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        assert pace.inside == 0
        assert (await asyncio.wait_for(model.complete(question("new")), 10)).text == "fine"

    with Loopback(*[loopback.hang()] * 2, loopback.ok()) as server:
        in_one_loop(work, server, concurrency=2)
