"""The OpenAI-compatible engine against a loopback server: real HTTP, nothing patched."""

import asyncio
import logging
import socket

import pytest

from synth.errors import ModelError
from synth.models.base import Reply, Request, Turn
from synth.models.openai_compatible import OpenAICompatible
from synth.settings import Engine
from tests import loopback
from tests.loopback import Loopback

KEY = "sk-secret-0123456789abcdef"


def engine_at(base_url: str, **changes: object) -> Engine:
    return Engine(kind="openai", model="tiny", base_url=base_url, api_key_env="MY_KEY", **changes)


def question(text: str = "What is 2 + 2?", **changes: object) -> Request:
    return Request(prompt="p", prompt_hash="h", inputs={}, text=text, temperature=0.5, **changes)


def ask(
    base_url: str, *requests: Request, key: str | None = KEY, max_retries: int = 2, **changes: object
) -> list[Reply | BaseException]:
    """Put the requests all at once and close the engine."""

    async def run() -> list[Reply | BaseException]:
        model = OpenAICompatible(engine_at(base_url, **changes), key, max_retries=max_retries)
        try:
            return await asyncio.gather(*(model.complete(request) for request in requests), return_exceptions=True)
        finally:
            await model.close()

    return asyncio.run(run())


def ask_one(*script: loopback.Answer, **changes: object) -> tuple[Reply, Loopback]:
    with Loopback(*script) as server:
        (reply,) = ask(server.base_url, question(), **changes)
    if isinstance(reply, BaseException):
        raise reply
    return reply, server


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


# ---- what goes out, what comes back


def test_a_question_goes_out_as_one_user_message_with_its_settings() -> None:
    _, server = ask_one(loopback.ok())
    (received,) = server.requests
    assert received.path == "/v1/chat/completions"
    assert received.body == {
        "model": "tiny",
        "messages": [{"role": "user", "content": "What is 2 + 2?"}],
        "temperature": 0.5,
        "top_p": 0.95,
        "max_tokens": 4096,
    }
    assert received.headers["authorization"] == f"Bearer {KEY}"


def test_earlier_replies_follow_the_question_each_with_what_was_wrong() -> None:
    turns = (Turn("first", "no opening <t>."), Turn("second", "<t> is empty."))
    with Loopback() as server:
        ask(server.base_url, question(previous=turns))
    messages = server.requests[0].messages
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert messages[1]["content"] == "first"
    assert messages[2]["content"].startswith("Your reply could not be used: no opening <t>.")
    assert messages[4]["content"].startswith("Your reply could not be used: <t> is empty.")


def test_the_reply_says_text_model_and_tokens() -> None:
    reply, _ = ask_one(loopback.ok(lambda received: received.text.upper()))
    assert (reply.text, reply.model, reply.finish) == ("WHAT IS 2 + 2?", "tiny-2026", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens) == (11, 7)
    assert reply.seconds > 0


def test_tokens_are_unknown_where_the_server_does_not_count() -> None:
    reply, _ = ask_one(loopback.ok(usage=False))
    assert reply.prompt_tokens is None
    assert reply.completion_tokens is None


def test_a_local_server_needs_no_key() -> None:
    reply, server = ask_one(loopback.ok(), key=None)
    assert reply.text == "fine"
    assert KEY not in str(server.requests[0].headers)


def test_white_space_around_a_key_is_not_sent() -> None:
    _, server = ask_one(loopback.ok(), key=f"  {KEY}\n")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


def test_a_proxy_of_the_environment_is_not_asked_for_a_local_server(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", f"http://127.0.0.1:{closed_port()}")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{closed_port()}")
    reply, _ = ask_one(loopback.ok())
    assert reply.text == "fine"


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("<think>Is it 4?</think>\n\n4", "4"),
        ("Is it 4?\n</think>\n4", "4"),
        ("Write <think> and </think> around it.", "Write <think> and </think> around it."),
        ("4", "4"),
    ],
)
def test_reasoning_in_front_of_the_answer_is_cut(sent: str, kept: str) -> None:
    reply, _ = ask_one(loopback.ok(sent))
    assert reply.text == kept


def test_no_more_questions_are_in_flight_than_allowed() -> None:
    async def run(server: Loopback) -> None:
        model = OpenAICompatible(engine_at(server.base_url, concurrency=2, deadline_seconds=20), KEY)
        await asyncio.gather(*(model.complete(question()) for _ in range(8)))
        await model.close()

    with Loopback(loopback.ok(pairs=asyncio.Barrier(2))) as server:
        asyncio.run(run(server))
    assert len(server.requests) == 8
    assert server.peak == 2


# ---- replies that are no answer


def test_an_answer_cut_off_at_the_token_limit_says_so() -> None:
    reply, _ = ask_one(loopback.cut_off("half"))
    assert (reply.finish, reply.text) == ("length", "half")


@pytest.mark.parametrize("script", [loopback.refusal("No."), loopback.filtered()])
def test_a_refusal_says_so(script: loopback.Answer) -> None:
    reply, _ = ask_one(script)
    assert reply.finish == "refusal"


def test_a_question_that_the_content_filter_stops_is_a_refusal() -> None:
    reply, server = ask_one(loopback.error(400, "The prompt was filtered.", "content_filter"))
    assert reply.finish == "refusal"
    assert len(server.requests) == 1


@pytest.mark.parametrize("script", [loopback.empty(), loopback.ok("  \n"), loopback.body({"choices": []})])
def test_a_completion_without_text_is_empty(script: loopback.Answer) -> None:
    reply, _ = ask_one(script)
    assert reply.finish == "empty"


@pytest.mark.parametrize(
    ("script", "raw"),
    [
        (loopback.truncated(), '{"id": "chatcmpl-1"'),
        (loopback.wrong_shape(), '{"status": "ready"}'),
        (loopback.raw("<html>gateway</html>", content_type="text/html"), "<html>gateway</html>"),
        (loopback.body({"choices": [{"message": {"content": 7}}]}), '{"choices"'),
    ],
)
def test_a_body_that_is_no_completion_is_one_failed_question_with_the_body_kept(
    script: loopback.Answer, raw: str
) -> None:
    reply, _ = ask_one(script)
    assert reply.finish == "failed"
    assert reply.text.startswith(raw)


# ---- what is tried again


def test_a_rate_limit_is_waited_out() -> None:
    reply, server = ask_one(loopback.rate_limited(), loopback.rate_limited(), loopback.ok("at last"))
    assert reply.text == "at last"
    assert len(server.requests) == 3


@pytest.mark.parametrize("script", [loopback.server_error(), loopback.rate_limited()])
def test_a_server_that_keeps_failing_costs_one_question_not_the_run(script: loopback.Answer) -> None:
    reply, server = ask_one(script)
    assert (reply.finish, reply.text) == ("failed", "")
    assert len(server.requests) == 3


def test_a_broken_connection_is_tried_again() -> None:
    reply, server = ask_one(loopback.reset(), loopback.ok("second"), max_retries=1)
    assert reply.text == "second"
    assert len(server.requests) == 2


def test_a_connection_that_keeps_breaking_costs_one_question_not_the_run() -> None:
    reply, _ = ask_one(loopback.reset(), max_retries=0)
    assert (reply.finish, reply.text) == ("failed", "")


def test_a_server_that_hangs_costs_one_question_and_retries_do_not_stretch_the_deadline() -> None:
    reply, server = ask_one(loopback.hang(), deadline_seconds=0.3, max_retries=3)
    assert (reply.finish, reply.text) == ("failed", "")
    assert len(server.requests) == 1


def test_waiting_for_a_retry_counts_towards_the_deadline() -> None:
    reply, server = ask_one(loopback.rate_limited(60), deadline_seconds=0.3)
    assert reply.finish == "failed"
    assert len(server.requests) == 1


def test_a_question_that_the_server_finds_too_long_costs_only_itself() -> None:
    reply, server = ask_one(loopback.error(400, "Too many tokens.", "context_length_exceeded"))
    assert reply.finish == "failed"
    assert len(server.requests) == 1


def test_one_failed_question_leaves_the_next_one_alone() -> None:
    async def run(server: Loopback) -> list[str]:
        model = OpenAICompatible(engine_at(server.base_url), KEY, max_retries=0)
        replies = [await model.complete(question()) for _ in range(3)]
        await model.close()
        return [reply.finish for reply in replies]

    with Loopback(loopback.reset(), loopback.server_error(), loopback.ok()) as server:
        assert asyncio.run(run(server)) == ["failed", "failed", "stop"]


# ---- what ends the run


@pytest.mark.parametrize(
    ("script", "words"),
    [
        (loopback.bad_key(), ["refused the key", "MY_KEY", "Incorrect API key"]),
        (loopback.forbidden(), ["does not let this key use", "`tiny`", "MY_KEY"]),
        (loopback.no_quota(), ["no quota left", "current quota", "resume the run"]),
        (loopback.error(402, "Insufficient balance."), ["no quota left", "Insufficient balance"]),
        (loopback.no_model(), ["knows no model `tiny`", "`engine.model`", "`engine.base_url`"]),
        (
            loopback.error(400, "Unsupported value: temperature.", "unsupported_value"),
            ["does not take our questions", "temperature", "`engine.model`"],
        ),
    ],
)
def test_an_endpoint_that_cannot_be_used_says_why_and_how_to_mend_it(script: loopback.Answer, words: list[str]) -> None:
    with Loopback(script) as server:
        (error,) = ask(server.base_url, question(), max_retries=1)
    assert isinstance(error, ModelError)
    assert [word for word in words if word not in str(error)] == []
    assert "\n" not in str(error)
    assert str(error).endswith(".")


def test_a_missing_key_is_asked_for_by_the_name_of_its_variable() -> None:
    with Loopback(loopback.bad_key()) as server:
        (error,) = ask(server.base_url, question(), key=None)
    assert isinstance(error, ModelError)
    assert "needs a key" in str(error)
    assert "Set the environment variable MY_KEY." in str(error)


def test_a_refused_connection_says_what_to_start_or_correct() -> None:
    address = f"http://127.0.0.1:{closed_port()}/v1"
    (error,) = ask(address, question(), max_retries=0)
    assert isinstance(error, ModelError)
    assert str(error).startswith(f"{address} cannot be reached: ")
    assert str(error).endswith("Start the server or correct `engine.base_url`.")


def test_an_unknown_host_cannot_be_reached() -> None:
    (error,) = ask("http://no-such-host.invalid/v1", question(), max_retries=0)
    assert isinstance(error, ModelError)
    assert "http://no-such-host.invalid/v1 cannot be reached" in str(error)


@pytest.mark.parametrize(
    "address", ["127.0.0.1:8000/v1", "ftp://host/v1", "", "http://", "http://[::1", "http://h:x/v1"]
)
def test_an_address_that_is_none_is_refused_before_anything_is_sent(address: str) -> None:
    with pytest.raises(ModelError, match="is not an address"):
        OpenAICompatible(engine_at(address), KEY)


# ---- the key stays where it is


def test_the_key_is_in_no_error_even_where_the_server_echoes_it() -> None:
    with Loopback(loopback.bad_key(echo=KEY)) as server:
        (error,) = ask(server.base_url, question())
    assert isinstance(error, ModelError)
    assert "[key]" in str(error)
    assert KEY not in str(error) + repr(error)
    assert error.__cause__ is None


def test_the_key_is_in_no_body_that_is_kept() -> None:
    reply, _ = ask_one(loopback.raw(f"You sent {KEY}", content_type="text/plain"))
    assert reply.text == "You sent [key]"


def test_the_key_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def run(server: Loopback) -> str:
        model = OpenAICompatible(engine_at(server.base_url), KEY, max_retries=1)
        await model.complete(question())
        await model.close()
        return repr(model) + repr(vars(model))

    with caplog.at_level(logging.DEBUG), Loopback(loopback.server_error(), loopback.ok()) as server:
        shown = asyncio.run(run(server))
    assert len(caplog.records) > 0
    assert KEY not in caplog.text + shown


def test_a_malformed_key_is_refused_without_showing_it() -> None:
    with pytest.raises(ModelError, match="MY_KEY") as caught:
        OpenAICompatible(engine_at("http://127.0.0.1:1/v1"), "sk-sécret\nkey")
    assert "cret" not in str(caught.value)


def test_a_password_in_the_address_is_refused_without_showing_it() -> None:
    with pytest.raises(ModelError, match="Remove them") as caught:
        OpenAICompatible(engine_at("http://me:hunter2@127.0.0.1:1/v1"), KEY)
    assert "hunter2" not in str(caught.value)
