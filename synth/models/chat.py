"""The words of the OpenAI protocol: a question as the body of a chat completion, and an answer as a reply.

Nothing is sent here; the same words go through single requests and through batches. What a model turned out not to
take is remembered for its next questions.
"""

import json
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from time import time
from typing import Any, Literal
from urllib.parse import urlsplit

from synth.errors import ModelError
from synth.models.attempt import Setback, Trouble
from synth.models.base import Finish, Form, Reply, Request
from synth.models.completion import NoCompletion, Said, read_completion
from synth.models.forms import as_text, fits_a_schema, in_words, is_cut_off, response_format
from synth.models.openai_errors import Endpoint, Refused, said_by, why_unusable
from synth.settings import Engine

MOST_RAW = 20_000
"""Characters kept of an answer that is no reply."""
_FINISH: dict[str, Finish] = {"length": "length", "max_tokens": "length", "content_filter": "refusal"}
_TROUBLES: dict[int, Trouble] = {408: "server", 409: "server", 425: "server", 429: "limit", 503: "limit", 529: "limit"}
_LIMITS = ("max_tokens", "max_completion_tokens")
_OPTIONAL = ("temperature", "top_p", *_LIMITS)
_STRUCTURE = ("response_format", "json_schema", "schema", "structured", "guided", "grammar")
_FILTERED = ("content_filter", "content_policy_violation", "moderation", "flagged")


class Chat:
    """What is said to one model at one address, and how it is to be understood."""

    def __init__(self, engine: Engine, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._model = engine.model
        self._structured: Literal["auto", "yes", "no"] = engine.structured
        self._can_structure = engine.structured != "no"
        """Until the endpoint says otherwise."""
        self._left_out: set[str] = set()
        self._renamed = False
        host = urlsplit(engine.base_url).hostname
        # OpenAI's own models refuse the old name of the limit; most local servers know only the old one.
        self._limit_name = _LIMITS[1] if host == "api.openai.com" else _LIMITS[0]

    def body(self, request: Request) -> dict[str, Any]:
        """The body of a chat completion."""
        form = self._form_of(request)
        options = {
            "temperature": request.temperature,
            "top_p": request.top_p,
            self._limit_name: request.max_tokens,
        }
        body: dict[str, Any] = {"model": self._model, "messages": _messages(request, form)}
        body |= {name: value for name, value in options.items() if name not in self._left_out}
        if form is not None:
            body["response_format"] = response_format(form)
        return body

    def read_answer(self, request: Request, status: int, body: str, seconds: float) -> Reply | None:
        """The reply in an answer of a batch; None where the question may be sent again. Raises `ModelError`."""
        # What was sent hours ago is not known any more; all that it may have held is taken for sent.
        sent = dict.fromkeys((*_OPTIONAL[:2], self._limit_name))
        if request.form is not None and fits_a_schema(request.form) and self._structured != "no":
            sent["response_format"] = None
        reply = self.read(request, sent, status, {}, body.encode("utf-8", "replace"), seconds)
        return reply if isinstance(reply, Reply) else None

    def read(
        self,
        request: Request,
        sent: Mapping[str, Any],
        status: int,
        headers: Mapping[str, str],
        body: bytes,
        seconds: float,
    ) -> Reply | Setback:
        """What an answer to the body `sent` comes to. Raises `ModelError` where no further question can be answered."""
        if 200 <= status < 300:
            try:
                said = read_completion(body)
            except NoCompletion as error:
                if error.status is None:
                    if reason := why_unusable(Refused.of(status, body.decode("utf-8", "replace")), self._endpoint):
                        raise ModelError(reason) from None
                    return self.failed(str(error), seconds, body)
                status = error.status  # some servers say 200 and put the error into the body
            else:
                form = request.form if "response_format" in sent else None
                return self._reply(said, form, seconds)
        return self._error(sent, status, headers, body, seconds)

    def failed(self, why: str, seconds: float, body: bytes = b"") -> Reply:
        """A question that got no reply; what came instead is kept, cut to a length that records can have."""
        raw = self._endpoint.without_key(body.decode("utf-8", "replace"))
        if len(raw) > MOST_RAW:
            raw = f"{raw[:MOST_RAW]}\n[cut: {len(body):,} bytes came]"
        return Reply("", self._model, "failed", seconds=seconds, note=why, raw=raw)

    def _reply(self, said: Said, form: Form | None, seconds: float) -> Reply:
        clean = self._endpoint.without_key
        text, raw = clean(said.text), clean(said.whole) if not said.text.strip() else ""
        finish = _FINISH.get(said.finish, "stop")
        if said.refusal:
            text, finish = clean(said.refusal), "refusal"
        elif finish == "stop" and not text.strip():
            finish = "empty"
        elif form is not None and finish == "stop":
            written = as_text(form, text)
            if written is not None:
                text, raw = written, text
            elif is_cut_off(text):
                finish = "length"
        return Reply(
            text=text,
            model=clean(said.model) or self._model,
            finish=finish,
            prompt_tokens=said.prompt_tokens,
            completion_tokens=said.completion_tokens,
            cached_tokens=said.cached_tokens,
            seconds=seconds,
            note=self._own_settings(),
            raw=raw,
            structured=form is not None,
        )

    def _error(
        self, sent: Mapping[str, Any], status: int, headers: Mapping[str, str], body: bytes, seconds: float
    ) -> Reply | Setback:
        error = Refused.of(status, body.decode("utf-8", "replace"))
        if _is_filtered(error):
            return Reply("", self._model, "refusal", seconds=seconds, raw=self.failed("", 0, body).raw)
        if self._can_do_without(error, sent):
            return Setback("again", "the question was put in a way that the model does not take")
        if reason := why_unusable(error, self._endpoint):
            raise ModelError(reason)
        said = said_by(error, self._endpoint)
        why = f"the endpoint answered {status}" + ("" if said == "." else said)
        trouble = _TROUBLES.get(status, "server" if status >= 500 else None)
        if trouble is None or headers.get("x-should-retry") == "false":
            return self.failed(why, seconds, body)
        return Setback(trouble, why, wait_asked_for(headers), self.failed("", 0, body).raw)

    def _form_of(self, request: Request) -> Form | None:
        """The form that is asked for under a schema."""
        form = request.form
        return form if form is not None and self._can_structure and fits_a_schema(form) else None

    def _can_do_without(self, error: Refused, sent: Mapping[str, Any]) -> bool:
        """Whether the same question may be taken otherwise; what was refused is left out from now on."""
        if error.status_code not in (400, 422, 501):
            return False
        words = f"{error.code} {error.param} {error.message}".lower()
        if name := _unsupported_option(error, sent):
            self._leave_out(name, words)
            return True
        about_structure = any(word in words for word in _STRUCTURE) or "unsupported" in words
        if "response_format" not in sent or not about_structure:
            return False
        if self._structured == "yes":
            raise ModelError(
                f"The model `{self._model}` at {self._endpoint.address} does not take a JSON schema"
                f"{said_by(error, self._endpoint)} Set `engine.structured` to `auto` or `no`."
            )
        self._can_structure = False
        return True

    def _leave_out(self, name: str, said: str) -> None:
        if name not in _LIMITS:
            self._left_out.add(name)
        elif name == self._limit_name:  # else another question has learnt it already
            if not self._renamed and _other_limit(name) in said.replace(name, "", 1):
                self._limit_name, self._renamed = _other_limit(name), True
            else:
                self._left_out.add(name)

    def _own_settings(self) -> str:
        """What a record's parameters do not tell."""
        if not self._left_out:
            return ""
        return f"the model takes no {', '.join(sorted(self._left_out))}; its own was used"


def wait_asked_for(headers: Mapping[str, str]) -> float | None:
    """Seconds that `retry-after-ms`, `Retry-After` (seconds or a date) or the rate limit's own headers ask for."""
    for name, scale in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        seconds = _number(headers.get(name))
        if seconds is not None:
            return seconds * scale
    if date := headers.get("retry-after"):
        try:
            return max(0.0, parsedate_to_datetime(date).timestamp() - time())
        except (ValueError, TypeError, OverflowError):
            return None
    spent = [kind for kind in ("requests", "tokens") if headers.get(f"x-ratelimit-remaining-{kind}") == "0"]
    waits = [_duration(headers.get(f"x-ratelimit-reset-{kind}", "")) for kind in spent]
    return max((wait for wait in waits if wait is not None), default=None)


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if 0 <= value < float("inf") else None


def _duration(text: str) -> float | None:
    """Seconds of `6m0s`, `1.5s` or `20ms`."""
    total, number = 0.0, ""
    rest = text.replace("ms", "x")
    for letter in rest:
        if letter.isdigit() or letter == ".":
            number += letter
            continue
        value, scale = _number(number), {"h": 3600.0, "m": 60.0, "s": 1.0, "x": 0.001}.get(letter)
        if value is None or scale is None:
            return None
        total, number = total + value * scale, ""
    return total if rest and not number else _number(text)


def _messages(request: Request, form: Form | None) -> list[dict[str, str]]:
    question = request.text if form is None else f"{request.text}\n\n{in_words(form)}"
    messages = [{"role": "user", "content": question}]
    for turn in request.previous:
        complaint = f"Your reply could not be used: {turn.complaint}\n\nAnswer again, whole, in the form asked for."
        messages.append({"role": "assistant", "content": turn.reply})
        messages.append({"role": "user", "content": complaint})
    return messages


def encoded(body: Mapping[str, Any]) -> bytes:
    """As it is sent: letters beyond ASCII escaped, so that no text whatever fails to be encoded."""
    return json.dumps(body, ensure_ascii=True).encode("ascii")


def _is_filtered(error: Refused) -> bool:
    if error.status_code not in (400, 403, 422):
        return False
    if error.code in _FILTERED or error.type in _FILTERED:
        return True
    return error.status_code == 403 and any(word in error.message.lower() for word in ("moderation", "flagged"))


def _unsupported_option(error: Refused, sent: Mapping[str, Any]) -> str:
    """The option that a model says it does not take."""
    if error.code not in ("unsupported_parameter", "unsupported_value") and "nsupported" not in error.message:
        return ""
    names = [name for name in _OPTIONAL if name in sent]
    if error.param:
        return next((name for name in names if name == error.param), "")
    return next((name for name in names if name in error.message), "")


def _other_limit(name: str) -> str:
    return _LIMITS[1 - _LIMITS.index(name)]
