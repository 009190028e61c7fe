"""Whatever an endpoint sends, reading it ends as a completion or as a reason: nothing else is ever raised."""

import json

from hypothesis import given
from hypothesis import strategies as st

from synth.errors import ModelError
from synth.models.attempt import Setback
from synth.models.base import Form, Reply
from synth.models.chat import Chat, wait_asked_for
from synth.models.completion import NoCompletion, read_completion
from synth.models.openai_errors import Endpoint, Refused
from tests.models.asking import KEY, engine_at, question

FORM = Form("p", {"f": "strings", "s": "string", "Final Score": "number"})
NAMES = st.sampled_from(
    ["choices", "message", "content", "refusal", "finish_reason", "usage", "prompt_tokens", "error", "code", "model"]
) | st.sampled_from(["type", "text", "f", "s", "final_score", "decline", "detail", "param"])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8) | st.sampled_from(["text", KEY]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=12,
)
COMPLETIONS = st.builds(
    lambda message, finish, usage: {"choices": [{"message": message, "finish_reason": finish}], "usage": usage},
    st.dictionaries(NAMES, VALUES, max_size=3) | VALUES,
    VALUES,
    VALUES,
)
BODIES = st.binary(max_size=60) | (VALUES | COMPLETIONS).map(lambda value: json.dumps(value).encode())


@given(BODIES)
def test_any_body_is_a_completion_or_none(body: bytes) -> None:
    try:
        said = read_completion(body)
    except NoCompletion:
        return
    assert (said.text + said.whole + said.refusal + said.model).encode("utf-8") is not None
    for count in (said.prompt_tokens, said.completion_tokens, said.cached_tokens):
        assert count is None or (isinstance(count, int) and count >= 0)


@given(st.integers(200, 599), BODIES, st.booleans())
def test_any_answer_is_a_reply_a_setback_or_the_end_of_the_run_and_never_holds_the_key(
    status: int, body: bytes, formed: bool
) -> None:
    engine = engine_at("http://127.0.0.1:1/v1")
    chat = Chat(engine, Endpoint.of(engine, KEY))
    request = question(form=FORM if formed else None)
    ended = ""
    try:
        got = chat.read(request, chat.body(request), status, {}, body, 0.1)
    except ModelError as error:
        ended = str(error)
    assert KEY not in ended
    if ended:
        assert status >= 300 or b"error" in body
        return
    assert isinstance(got, Reply | Setback)
    if isinstance(got, Setback):
        assert KEY not in got.why + got.raw
    else:
        assert (got.finish in ("stop", "length")) <= bool(got.text.strip() or got.finish == "length")
        assert KEY not in got.raw or got.finish != "failed"


@given(BODIES.map(lambda body: body.decode("utf-8", "replace")), st.integers(300, 599))
def test_any_body_is_read_as_an_error(body: str, status: int) -> None:
    refused = Refused.of(status, body)
    assert isinstance(refused.message, str)
    assert refused.status_code == status


@given(
    st.dictionaries(
        st.sampled_from(["retry-after", "retry-after-ms", "x-ratelimit-remaining-tokens", "x-ratelimit-reset-tokens"]),
        st.text(max_size=12) | st.sampled_from(["0", "1m", "5", "-1", "nan", "1e400", "Thu, 01 Jan 1970 00:00:00 GMT"]),
    )
)
def test_any_header_asks_for_a_wait_that_can_be_waited_or_for_none(headers: dict[str, str]) -> None:
    wait = wait_asked_for(headers)
    assert wait is None or 0 <= wait < float("inf")
