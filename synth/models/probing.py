"""Try an endpoint before a run does: a tiny question, its list of models, whether it answers under a schema.

Two short answers are all that is paid for. What is wrong comes back as a reason with the mend, never as an exception.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from synth.errors import ModelError
from synth.models.line import Heard, Line, NoAnswer
from synth.models.listing import Offered, nearest, read_models
from synth.models.openai_errors import Endpoint
from synth.settings import Engine, check_address

PATIENCE = 60.0
"""Seconds for each request: a local server may have to load the model first."""

_ANSWER_TOKENS = 256
"""Enough for a model that thinks before it says a word."""
_QUESTION = "This is a test of the connection. Reply with the one word: ready"
_FORM_QUESTION = "This is a test. Say that you are ready, and name any colour."
_FORM = {
    "type": "object",
    "properties": {"ready": {"type": "boolean"}, "colour": {"type": "string"}},
    "required": ["ready", "colour"],
    "additionalProperties": False,
}
_FORMAT = {"type": "json_schema", "json_schema": {"name": "readiness", "strict": True, "schema": _FORM}}
_QUOTA = frozenset({"insufficient_quota", "billing_not_active", "insufficient_balance", "billing_hard_limit_reached"})
_MOST_LIMITS = 12


@dataclass(frozen=True, slots=True)
class Check:
    """What trying an endpoint said."""

    address: str
    model: str
    reason: str = ""
    """Why no run can use it, and the mend; "" where one can."""
    seconds: float | None = None
    """From the question to the whole answer."""
    input_tokens: int | None = None
    """Of the tiny question; None where the endpoint does not tell, so that costs stay unknown."""
    output_tokens: int | None = None
    models: tuple[str, ...] | None = None
    """What it offers; None where it gives no list."""
    structured: bool | None = None
    """Whether it answers as JSON under a schema; None where that could not be told."""
    structured_note: str = ""
    """Why it does not, or why that is not known."""
    context: int | None = None
    """Tokens that fit into a question and its answer, where the list says so."""
    limits: tuple[tuple[str, str], ...] = ()
    """What its headers say of limits: name and value."""
    refused: tuple[str, ...] = ()
    """Parameters that the model does not take."""

    @property
    def ok(self) -> bool:
        """True where a run can use it."""
        return not self.reason

    @property
    def usage(self) -> bool:
        """Whether it tells how many tokens a call used."""
        return self.input_tokens is not None and self.output_tokens is not None


async def check_endpoint(engine: Engine, key: str | None, *, patience: float = PATIENCE) -> Check:
    """Try `engine` with `key` (None for servers that need none), `patience` seconds a request."""
    if engine.kind == "offline":
        return Check("this machine", engine.model, seconds=0.0, structured_note="the offline engine needs none")
    try:
        address = check_address(engine.base_url)
        endpoint = Endpoint.of(engine.model_copy(update={"base_url": address}), key)
    except ValueError as error:
        return Check("the base URL", engine.model, reason=f"The base URL {error}.")
    except ModelError as error:
        return Check(address, engine.model, reason=str(error))
    async with Line(endpoint, patience) as line:
        return await _Probe(line, engine, address, has_key=endpoint.key is not None).run()


class _Probe:
    """The requests of one check, in order."""

    def __init__(self, line: Line, engine: Engine, address: str, *, has_key: bool) -> None:
        self._line = line
        self._engine = engine
        self._address = address
        self._has_key = has_key
        self._offered: tuple[Offered, ...] | None = None
        self._settings: dict[str, object] = {
            "temperature": 0.7,
            "top_p": 0.95,
            # OpenAI's own models refuse the old name of the limit; most local servers know only the old one.
            "max_completion_tokens" if "//api.openai.com" in address else "max_tokens": _ANSWER_TOKENS,
        }
        self._refused: list[str] = []

    async def run(self) -> Check:
        found = Check(self._address, self._engine.model)
        try:
            listed = await self._line.get("/models")
            self._offered = read_models(listed.body) if listed.status == 200 else None
            found = replace(found, models=self._names(), context=self._context())
            if listed.status == 401:
                return replace(found, reason=self._why_not(listed))
            answer = await self._ask(_QUESTION)
        except NoAnswer as error:
            return replace(found, reason=str(error))
        found = replace(found, refused=tuple(self._refused), limits=_limits(answer.headers))
        if answer.status != 200:
            return replace(found, reason=self._why_not(answer))
        if _choice(answer.body) is None:
            reason = f"{self._address} answers, but not with a chat completion. Check the base URL; most end in `/v1`."
            return replace(found, reason=reason)
        tokens_in, tokens_out = _usage(answer.body)
        found = replace(found, seconds=answer.seconds, input_tokens=tokens_in, output_tokens=tokens_out)
        structured, note = await self._try_form()
        return replace(found, structured=structured, structured_note=note)

    async def _ask(self, text: str, **more: object) -> Heard:
        """Put a question; what the model does not take is left out, and put once more."""
        while True:
            body = {"model": self._engine.model, "messages": [{"role": "user", "content": text}], **self._settings}
            heard = await self._line.post("/chat/completions", {**body, **more})
            refused = _refused(heard, self._settings)
            if refused is None:
                return heard
            limit = self._settings.pop(refused)
            if refused == "max_tokens":
                self._settings["max_completion_tokens"] = limit
            else:
                self._refused.append(refused)

    async def _try_form(self) -> tuple[bool | None, str]:
        try:
            heard = await self._ask(_FORM_QUESTION, response_format=_FORMAT)
        except NoAnswer as error:
            return None, str(error)
        if heard.status in (400, 404, 415, 422, 501):
            return False, f"it refuses a schema{heard.said}"
        choice = _choice(heard.body)
        if heard.status != 200 or choice is None:
            return None, f"it answered {heard.status}{heard.said}"
        text, finish = choice
        if _fits(text):
            return True, ""
        if finish == "length":
            return None, "the answer was cut off before its end"
        return False, "it answers, but does not keep to the schema"

    def _why_not(self, heard: Heard) -> str:
        """The reason for a status that is no answer, with the mend."""
        status, said, name, model = heard.status, heard.said, self._engine.api_key_env, self._engine.model
        if status == 402 or {heard.refused.code, heard.refused.type} & _QUOTA:
            return f"{self._address} says that the account has no quota left{said} Add credit, then try again."
        if status == 401 or heard.refused.code == "invalid_api_key":
            if not self._has_key:
                mend = f"Set the environment variable {name}, or write it into a file `.env` of the workspace."
                return f"{self._address} needs a key{said} {mend}"
            return f"{self._address} refused the key{said} Set {name} to a valid one."
        if status == 403:
            return f"{self._address} does not let this key use `{model}`{said} Check {name} and the model."
        if self._offered is not None and model not in {one.name for one in self._offered}:
            return self._no_such_model(said)
        if status in (404, 405):
            mend = "Check the model and the base URL; most end in `/v1`."
            return f"{self._address} knows no model `{model}`, or is not the right address{said} {mend}"
        if status == 429:
            return f"{self._address} lets nothing through for now{said} Wait, or lower what is asked in a minute."
        if 300 <= status < 400:
            return f"{self._address} sends requests on to another address. Give that one as the base URL."
        return f"{self._address} answered {status}{said} " + (
            "Try again later." if status >= 500 else "Choose another model or correct the settings."
        )

    def _no_such_model(self, said: str) -> str:
        offered = self._offered or ()
        near = nearest(self._engine.model, offered)
        if near:
            mend = f"Did you mean {' or '.join(f'`{name}`' for name in near)}?"
        elif offered:
            mend = f"It offers {', '.join(f'`{one.name}`' for one in offered[:3])}{' and more' * (len(offered) > 3)}."
        else:
            mend = "Its list is empty: load or download a model first."
        return f"{self._address} offers no model `{self._engine.model}`{said} {mend}"

    def _names(self) -> tuple[str, ...] | None:
        return None if self._offered is None else tuple(one.name for one in self._offered)

    def _context(self) -> int | None:
        return next((one.context for one in self._offered or () if one.name == self._engine.model), None)


def _refused(heard: Heard, settings: Mapping[str, object]) -> str | None:
    """The parameter that a refusal names, if it is one that can be left out."""
    if heard.status not in (400, 422):
        return None
    named = heard.refused.param
    quoted = [name for name in settings if any(f"{mark}{name}{mark}" in heard.said for mark in "`'\"")]
    return named if named in settings else next(iter(quoted), None)


def _choice(body: object) -> tuple[str, str] | None:
    """The text and the finish of a chat completion; None where it is none."""
    choices = body.get("choices") if isinstance(body, Mapping) else None
    first = choices[0] if isinstance(choices, Sequence) and choices and not isinstance(choices, str) else None
    message = first.get("message") if isinstance(first, Mapping) else None
    if not isinstance(message, Mapping) or not isinstance(first, Mapping):
        return None
    return str(message.get("content") or ""), str(first.get("finish_reason") or "")


def _usage(body: object) -> tuple[int | None, int | None]:
    usage = body.get("usage") if isinstance(body, Mapping) else None
    if not isinstance(usage, Mapping):
        return None, None
    counts = [usage.get(name) for name in ("prompt_tokens", "completion_tokens")]
    known = [count if isinstance(count, int) and not isinstance(count, bool) else None for count in counts]
    return known[0], known[1]


def _fits(text: str) -> bool:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and set(value) == {"ready", "colour"} and isinstance(value["ready"], bool)


def _limits(headers: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    found = sorted((name, value[:80]) for name, value in headers.items() if "ratelimit" in name and "reset" not in name)
    return tuple(found[:_MOST_LIMITS])
