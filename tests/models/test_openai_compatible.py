"""The OpenAI-compatible engine against a loopback server: real HTTP, nothing patched."""

import asyncio
import json
import logging

import pytest

from synth.errors import ModelError
from synth.models.base import Turn
from synth.models.openai_compatible import OpenAICompatible
from tests import loopback
from tests.loopback import Loopback, completion
from tests.models.asking import KEY, ask, ask_one, closed_port, engine_at, paced, question

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
    assert received.headers["content-type"] == "application/json"


def test_earlier_replies_follow_the_question_each_with_what_was_wrong() -> None:
    turns = (Turn("first", "no opening <t>."), Turn("second", "<t> is empty."))
    with Loopback() as server:
        ask(server.base_url, question(previous=turns))
    messages = server.requests[0].messages
    assert [message["role"] for message in messages] == ["user", "assistant", "user", "assistant", "user"]
    assert messages[1]["content"] == "first"
    assert messages[2]["content"].startswith("Your reply could not be used: no opening <t>.")
    assert messages[4]["content"].startswith("Your reply could not be used: <t> is empty.")


def test_a_question_may_hold_any_characters_even_halves_of_them() -> None:
    reply, server = ask_one(loopback.ok(), request=question("naïve 汉字 \U0001f333 \ud83d"))
    assert reply.text == "fine"
    assert server.requests[0].text == "naïve 汉字 \U0001f333 \ud83d"


def test_a_question_of_megabytes_goes_out_whole() -> None:
    long = "x" * (3 << 20)
    _, server = ask_one(loopback.ok(), request=question(long))
    assert server.requests[0].text == long


def test_the_reply_says_text_model_and_tokens() -> None:
    reply, _ = ask_one(loopback.ok(lambda received: received.text.upper()))
    assert (reply.text, reply.model, reply.finish) == ("WHAT IS 2 + 2?", "tiny-2026", "stop")
    assert (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens) == (11, 7, None)
    assert reply.seconds > 0
    assert (reply.attempts, reply.note, reply.structured) == (1, "", False)


def test_tokens_are_unknown_where_the_server_does_not_count() -> None:
    reply, _ = ask_one(loopback.ok(usage=False))
    assert reply.prompt_tokens is None
    assert reply.completion_tokens is None


@pytest.mark.parametrize(
    ("usage", "counts"),
    [
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": {"cached_tokens": 8}}, (9, 3, 8)),
        ({"prompt_tokens": 9, "completion_tokens": 3, "prompt_tokens_details": None}, (9, 3, None)),
        ({"prompt_tokens": 0, "completion_tokens": 0}, (0, 0, None)),
        ({"prompt_tokens": "many", "completion_tokens": -1, "prompt_tokens_details": [1]}, (None, None, None)),
        ({"prompt_tokens": True, "completion_tokens": 1e300}, (None, None, None)),
        (["nothing"], (None, None, None)),
    ],
)
def test_odd_counts_are_unknown_and_never_cost_the_reply(usage: object, counts: tuple[int | None, ...]) -> None:
    reply, _ = ask_one(loopback.body(completion("fine", usage=usage)))
    assert reply.text == "fine"
    assert (reply.prompt_tokens, reply.completion_tokens, reply.cached_tokens) == counts


def test_a_local_server_needs_no_key() -> None:
    reply, server = ask_one(loopback.ok(), key=None)
    assert reply.text == "fine"
    assert "authorization" not in server.requests[0].headers


def test_white_space_around_a_key_is_not_sent() -> None:
    _, server = ask_one(loopback.ok(), key=f"  {KEY}\n")
    assert server.requests[0].headers["authorization"] == f"Bearer {KEY}"


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


def test_a_message_in_parts_is_read_without_its_reasoning() -> None:
    parts = [{"type": "thinking", "thinking": "hm"}, {"type": "text", "text": "4"}, {"type": "text", "text": "2"}]
    reply, _ = ask_one(loopback.body(completion(parts)))  # type: ignore[arg-type]
    assert reply.text == "42"


def test_a_slow_answer_is_read_to_its_end() -> None:
    reply, _ = ask_one(loopback.drip("slow but whole"))
    assert reply.text == "slow but whole"


def test_half_a_character_does_not_reach_the_records() -> None:
    reply, _ = ask_one(loopback.half_characters())
    assert reply.text == "half ?"
    assert reply.text.encode("utf-8")


# ---- replies that are no answer


def test_an_answer_cut_off_at_the_token_limit_says_so() -> None:
    reply, _ = ask_one(loopback.cut_off("half"))
    assert (reply.finish, reply.text) == ("length", "half")


def test_an_answer_that_is_all_reasoning_is_empty_and_kept() -> None:
    reply, _ = ask_one(loopback.ok("<think>Is it 4? Or 5?</think>"))
    assert (reply.finish, reply.text, reply.raw) == ("empty", "", "<think>Is it 4? Or 5?</think>")


@pytest.mark.parametrize("script", [loopback.refusal("No."), loopback.filtered()])
def test_a_refusal_says_so(script: loopback.Answer) -> None:
    reply, _ = ask_one(script)
    assert reply.finish == "refusal"


@pytest.mark.parametrize(
    "script",
    [
        loopback.error(400, "The prompt was filtered.", "content_filter"),
        loopback.error(403, "Your input was flagged by moderation."),
    ],
)
def test_a_question_that_the_content_filter_stops_is_a_refusal_and_what_it_said_is_kept(
    script: loopback.Answer,
) -> None:
    reply, server = ask_one(script)
    assert reply.finish == "refusal"
    assert "filtered" in reply.raw or "flagged" in reply.raw
    assert len(server.requests) == 1


@pytest.mark.parametrize("script", [loopback.empty(), loopback.ok("  \n"), loopback.body({"choices": []})])
def test_a_completion_without_text_is_empty(script: loopback.Answer) -> None:
    reply, _ = ask_one(script)
    assert reply.finish == "empty"


@pytest.mark.parametrize(
    ("script", "note", "raw"),
    [
        (loopback.truncated(), "the answer breaks off", '{"id": "chatcmpl-1"'),
        (loopback.wrong_shape(), "the answer is not a chat completion", '{"status": "ready"}'),
        (loopback.raw("<html>no</html>", content_type="text/html"), "the answer is not JSON", "<html>no</html>"),
        (loopback.raw("7"), "the answer is not a chat completion", "7"),
        (loopback.raw(""), "the answer is not JSON", ""),
        (loopback.raw("[" * 100_000), "the answer is nested too deeply", "[["),
        (loopback.body({"choices": [{"message": {"content": 7}}]}), "the answer's content is no text", '{"choices"'),
        (loopback.body({"choices": [{"message": "hi"}]}), "the answer is not a chat completion", '{"choices"'),
        (loopback.body({"choices": {"0": "hi"}}), "the answer is not a chat completion", '{"choices"'),
        (loopback.body({"choices": [7]}), "the answer is not a chat completion", '{"choices"'),
        (loopback.invalid_utf8(), "the answer is not UTF-8", '{"id": "chatcmpl-1"'),
    ],
)
def test_a_body_that_is_no_completion_is_one_failed_question_with_the_body_kept(
    script: loopback.Answer, note: str, raw: str
) -> None:
    reply, server = ask_one(script)
    assert (reply.finish, reply.text, reply.note) == ("failed", "", note)
    assert reply.raw.startswith(raw)
    assert len(server.requests) == 1


def test_an_answer_of_ten_megabytes_is_not_read_to_its_end_and_what_is_kept_says_so() -> None:
    reply, _ = ask_one(loopback.huge(10))
    assert (reply.finish, reply.text) == ("failed", "")
    assert "longer than any" in reply.note
    assert len(reply.raw) < 21_000
    assert reply.raw.endswith("bytes came]")


def test_a_question_that_the_server_finds_too_long_costs_only_itself() -> None:
    reply, server = ask_one(loopback.error(400, "Too many tokens.", "context_length_exceeded"))
    assert (reply.finish, reply.note) == ("failed", 'the endpoint answered 400: "Too many tokens."')
    assert len(server.requests) == 1


def test_without_a_pace_a_failed_request_is_a_failed_question() -> None:
    async def run(server: Loopback) -> list[tuple[str, str]]:
        model = OpenAICompatible(engine_at(server.base_url, deadline_seconds=0.3), KEY)
        replies = [await model.complete(question()) for _ in range(4)]
        await model.close()
        return [(reply.finish, reply.note) for reply in replies]

    with Loopback(loopback.reset(), loopback.server_error(), loopback.hang(), loopback.ok()) as server:
        said = asyncio.run(run(server))
    assert said[0] == ("failed", "the connection broke")
    assert said[1][1].startswith("the endpoint answered 500")
    assert said[2] == ("failed", "no answer within the deadline")
    assert said[3] == ("stop", "")
    assert len(server.requests) == 4


# ---- parameters that a model does not take


def unless(name: str, code: str = "unsupported_value", other: str = "") -> loopback.Answer:
    """Refuses questions with this parameter, and answers others."""

    async def answer(received: loopback.Received, request: object) -> object:
        if name not in received.body:
            return await loopback.ok()(received, request)  # type: ignore[arg-type]
        details = {"message": f"Unsupported: '{name}'. {other}", "type": "x", "param": name, "code": code}
        return await loopback.body({"error": details}, status=400)(received, request)  # type: ignore[arg-type]

    return answer  # type: ignore[return-value]


def test_a_parameter_that_the_model_refuses_is_left_out_from_then_on_and_the_reply_says_so() -> None:
    with Loopback(unless("temperature")) as server:
        replies = ask(server.base_url, question("one"), concurrency=1) + ask(
            server.base_url, question("a"), question("b")
        )
    assert [reply.text for reply in replies] == ["fine"] * 3  # type: ignore[union-attr]
    assert all("takes no temperature" in reply.note for reply in replies)  # type: ignore[union-attr]
    assert sum("temperature" in received.body for received in server.requests) <= 3
    assert "top_p" in server.requests[-1].body


def test_the_other_name_of_the_limit_is_used_where_the_endpoint_says_so() -> None:
    script = unless("max_tokens", "unsupported_parameter", "Use 'max_completion_tokens' instead.")
    reply, server = ask_one(script)
    assert (reply.text, reply.note, reply.attempts) == ("fine", "", 2)
    assert server.requests[-1].body["max_completion_tokens"] == 4096
    assert "max_tokens" not in server.requests[-1].body


def test_an_endpoint_that_refuses_both_names_of_the_limit_is_asked_without() -> None:
    async def answer(received: loopback.Received, request: object) -> object:
        for name, other in (("max_tokens", "max_completion_tokens"), ("max_completion_tokens", "max_tokens")):
            if name in received.body:
                return await unless(name, other=f"Use {other}.")(received, request)  # type: ignore[arg-type]
        return await loopback.ok()(received, request)  # type: ignore[arg-type]

    reply, server = ask_one(answer)  # type: ignore[arg-type]
    assert reply.text == "fine"
    assert len(server.requests) == 3


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
            loopback.error(400, "Unsupported value: messages.", "unsupported_value"),
            ["does not take our questions", "messages", "`engine.model`"],
        ),
        (loopback.redirect("http://127.0.0.1:1/v1"), ["sends us to another address", "`engine.base_url`"]),
        (loopback.raw('[{"error": {"message": "Key not valid"}}]', status=401), ["refused the key", "Key not valid"]),
        (loopback.raw('{"detail": "Not Found"}', status=404), ["knows no model", "Not Found"]),
    ],
)
def test_an_endpoint_that_cannot_be_used_says_why_and_how_to_mend_it(script: loopback.Answer, words: list[str]) -> None:
    with Loopback(script) as server:
        (error,) = ask(server.base_url, question())
    assert isinstance(error, ModelError)
    assert [word for word in words if word not in str(error)] == []
    assert "\n" not in str(error)
    assert str(error).endswith(".")
    assert len(server.requests) == 1


def test_a_missing_key_is_asked_for_by_the_name_of_its_variable() -> None:
    with Loopback(loopback.bad_key()) as server:
        (error,) = ask(server.base_url, question(), key=None)
    assert isinstance(error, ModelError)
    assert "needs a key" in str(error)
    assert "Set the environment variable MY_KEY." in str(error)


def test_a_refused_connection_says_what_to_start_or_correct() -> None:
    address = f"http://127.0.0.1:{closed_port()}/v1"
    (error,) = ask(address, question())
    assert isinstance(error, ModelError)
    assert str(error).startswith(f"{address} cannot be reached: ")
    assert str(error).endswith("Start the server or correct `engine.base_url`.")


def test_an_unknown_host_cannot_be_reached() -> None:
    (error,) = ask("http://no-such-host.invalid/v1", question())
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


@pytest.mark.parametrize(
    "script",
    [
        loopback.raw(f"You sent {KEY}", content_type="text/plain"),
        loopback.error(400, f"You sent {KEY}"),
        loopback.error(400, f"You sent {KEY}", "content_filter"),
        loopback.raw(json.dumps({"choices": f"{KEY}"})),
    ],
)
def test_the_key_is_in_no_body_that_is_kept(script: loopback.Answer) -> None:
    reply, _ = ask_one(script)
    assert "[key]" in reply.raw
    assert KEY not in repr(reply)


def test_the_key_is_in_no_repr_and_no_log(caplog: pytest.LogCaptureFixture) -> None:
    async def run(server: Loopback) -> str:
        model = paced(engine_at(server.base_url))
        await model.complete(question())
        await model.close()
        inner = model._model
        return repr(model) + repr(inner) + repr(vars(inner)) + repr(inner.wire) + repr(inner.chat)  # type: ignore[attr-defined]

    with caplog.at_level(logging.DEBUG), Loopback(loopback.server_error(), loopback.ok()) as server:
        logging.getLogger("here").debug("the level is on")
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
