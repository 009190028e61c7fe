"""Trying an endpoint: what works is told, what does not has a reason and a mend, and the key is never in either."""

import asyncio

import pytest

from synth.models.listing import Offered, nearest, read_models
from synth.models.probing import Check, check_endpoint
from synth.settings import Engine
from tests import loopback
from tests.loopback import Answer, Loopback, Received, body, completion, error, ok
from tests.models.endpoints import LISTED, endpoint

KEY = "sk-secret-0123456789abcdef"


def check(server: Loopback, key: str | None = KEY, patience: float = 5.0, model: str = "tiny") -> Check:
    """Try a server."""
    engine = Engine(kind="openai", model=model, base_url=server.base_url, api_key_env="MY_KEY")
    return asyncio.run(check_endpoint(engine, key, patience=patience))


def tried(answer: Answer, key: str | None = KEY, patience: float = 5.0, model: str = "tiny") -> Check:
    """Try an endpoint that answers so."""
    with Loopback(answer) as server:
        found = check(server, key, patience, model)
    assert KEY not in str(found)
    return found


def test_a_good_endpoint_tells_latency_tokens_models_and_structured_output() -> None:
    found = tried(endpoint())
    assert found.ok
    assert found.seconds is not None
    assert found.seconds > 0
    assert (found.input_tokens, found.output_tokens, found.usage) == (11, 7, True)
    assert found.models == ("tiny",)
    assert found.structured is True


def test_only_two_short_answers_are_asked_for() -> None:
    with Loopback(endpoint()) as server:
        check(server)
        questions = [received for received in server.requests if received.path.endswith("completions")]
    assert len(questions) == 2
    assert all(received.body["max_tokens"] <= 256 for received in questions)
    assert all(received.headers["authorization"] == f"Bearer {KEY}" for received in questions)


def test_what_the_endpoint_does_not_tell_is_unknown_and_not_zero() -> None:
    found = tried(endpoint(models=error(404, "no such path"), chat=ok("ready", usage=False)))
    assert found.ok
    assert (found.input_tokens, found.output_tokens, found.usage) == (None, None, False)
    assert found.models is None
    assert found.context is None


def test_context_and_limits_are_read_where_they_are_told() -> None:
    limits = {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-tokens": "9000", "x-ratelimit-reset": "1s"}
    found = tried(
        endpoint(
            models=body({"data": [{"id": "tiny", "max_model_len": 32768}]}),
            chat=body(completion("ready"), headers=limits),
        )
    )
    assert found.context == 32768
    assert dict(found.limits) == {"x-ratelimit-limit-requests": "500", "x-ratelimit-remaining-tokens": "9000"}


@pytest.mark.parametrize(
    ("form", "structured", "note"),
    [
        (error(400, "response_format is not supported"), False, 'it refuses a schema: "response_format is not'),
        (ok("I am ready, and I like green."), False, "does not keep to the schema"),
        (ok('{"ready": "yes"}'), False, "does not keep to the schema"),
        (loopback.cut_off('{"ready": tr'), None, "cut off"),
        (loopback.server_error(), None, "answered 500"),
        (loopback.reset(), None, "broke off"),
    ],
)
def test_whether_it_answers_under_a_schema_is_told_apart_from_whether_it_answers(
    form: Answer, structured: bool | None, note: str
) -> None:
    found = tried(endpoint(form=form))
    assert found.ok
    assert found.structured is structured
    assert note in found.structured_note


def test_a_parameter_that_the_model_does_not_take_is_left_out_and_told() -> None:
    async def strict(received: Received, request: loopback.web.Request) -> loopback.web.StreamResponse:
        if "temperature" in received.body:
            refused = {"error": {"message": "Unsupported value: 'temperature'", "param": "temperature"}}
            return await body(refused, status=400)(received, request)
        if "max_tokens" in received.body:
            return await error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.")(
                received, request
            )
        assert received.body["max_completion_tokens"] == 256
        return await ok("ready")(received, request)

    found = tried(endpoint(chat=strict))
    assert found.ok
    assert found.refused == ("temperature",)
    assert found.structured is True


@pytest.mark.parametrize(
    ("answer", "key", "said"),
    [
        (endpoint(models=loopback.bad_key(), chat=loopback.bad_key()), None, "needs a key"),
        (endpoint(models=loopback.bad_key(KEY)), KEY, "refused the key"),
        (endpoint(chat=loopback.bad_key(KEY)), KEY, "refused the key"),
        (endpoint(chat=loopback.forbidden()), KEY, "does not let this key use `tiny`"),
        (endpoint(chat=loopback.no_quota()), KEY, "no quota left"),
        (endpoint(chat=loopback.rate_limited()), KEY, "lets nothing through for now"),
        (endpoint(chat=loopback.server_error()), KEY, "answered 500"),
        (endpoint(chat=error(422, "bad shape")), KEY, "Choose another model"),
        (endpoint(chat=loopback.wrong_shape()), KEY, "not with a chat completion"),
        (endpoint(chat=loopback.raw("<html>hello</html>")), KEY, "not with a chat completion"),
        (endpoint(chat=loopback.truncated()), KEY, "not with a chat completion"),
        (endpoint(models=error(404, "no"), chat=loopback.no_model()), KEY, "most end in `/v1`"),
        (endpoint(chat=body({}, status=307, headers={"location": "http://192.0.2.1/v1"})), KEY, "another address"),
        (loopback.reset(), KEY, "broke off"),
    ],
)
def test_a_failure_has_a_reason_with_its_mend_and_never_the_key(answer: Answer, key: str | None, said: str) -> None:
    found = tried(answer, key)
    assert not found.ok
    assert said in found.reason
    assert found.reason.endswith((".", "?"))


def test_a_missing_key_is_mended_by_its_variable_or_a_file() -> None:
    found = tried(endpoint(models=loopback.bad_key()), None)
    assert "Set the environment variable MY_KEY, or write it into a file `.env` of the workspace." in found.reason


def test_an_unknown_model_is_answered_with_the_nearest_names() -> None:
    names = ["llama3.1:8b", "llama3.2:3b", "qwen3:4b"]
    listed = body({"data": [{"id": name} for name in names]})
    found = tried(endpoint(models=listed, chat=loopback.no_model()), model="llama3.2")
    assert "Did you mean `llama3.2:3b` or `llama3.1:8b`?" in found.reason
    found = tried(endpoint(models=listed, chat=loopback.no_model()), model="zzz")
    assert "It offers `llama3.1:8b`, `llama3.2:3b`, `qwen3:4b`." in found.reason
    found = tried(endpoint(models=body({"data": []}), chat=loopback.no_model()))
    assert "load or download a model first" in found.reason


def test_a_server_that_hangs_is_given_up_in_time() -> None:
    found = tried(endpoint(chat=loopback.hang()), patience=0.3)
    assert "did not answer within 0.3 s" in found.reason


def test_a_server_that_is_not_there_is_said_so() -> None:
    with Loopback() as server:
        gone = server.base_url
    engine = Engine(kind="openai", model="tiny", base_url=gone)
    found = asyncio.run(check_endpoint(engine, None, patience=5.0))
    assert f"{gone} cannot be reached" in found.reason


def test_no_other_machine_is_asked_in_tests() -> None:
    engine = Engine(kind="openai", model="tiny", base_url="http://192.0.2.1/v1")
    found = asyncio.run(check_endpoint(engine, KEY, patience=5.0))
    assert "ESPALIER_LOOPBACK_ONLY is set" in found.reason


@pytest.mark.parametrize("address", ["localhost:1", "ftp://h", "http://user:pass@h/v1", "http://h/v1?key=1", ""])
def test_an_address_that_is_none_is_refused_without_repeating_it(address: str) -> None:
    found = asyncio.run(check_endpoint(Engine(kind="openai", model="m", base_url=address), KEY))
    assert found.reason.startswith("The base URL ")
    assert "pass" not in found.reason.replace("password", "")


def test_the_offline_engine_needs_nothing() -> None:
    assert asyncio.run(check_endpoint(Engine(), None)).ok


@pytest.mark.parametrize(
    "listed",
    [None, [], {"data": None}, {"data": "x"}, {"models": []}, "text", 3],
)
def test_what_is_no_list_of_models_is_none(listed: object) -> None:
    assert read_models(listed) is None


def test_a_list_of_models_is_read_whatever_is_odd_in_it() -> None:
    odd = {"data": [1, None, {"id": 3}, {"id": ""}, {"id": "a\x1b[31m\n"}, {"id": "b", "max_model_len": True}]}
    assert read_models(odd) == (Offered("a [31m"), Offered("b"))
    assert read_models({"data": [{"id": "c", "meta": {"n_ctx_train": 4096}}]}) == (Offered("c", "", 4096),)
    assert read_models(LISTED) == (Offered("tiny", "someone"),)


def test_nearest_names_are_found_by_their_parts_and_by_their_look() -> None:
    offered = [Offered("Qwen/Qwen3-8B"), Offered("gpt-4o-mini"), Offered("gpt-4.1")]
    assert nearest("qwen3-8b", offered) == ["Qwen/Qwen3-8B"]
    assert nearest("gpt-4o-mimi", offered)[0] == "gpt-4o-mini"
    assert nearest("", offered) == []
