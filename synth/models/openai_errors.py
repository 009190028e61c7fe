"""Which errors of an OpenAI-style address end the run, and what to tell the person: what is wrong and how to mend it.

Everything not named here is one question gone wrong, and the run goes on. No message ever holds the key.
"""

import json
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import urlsplit

from synth.errors import ModelError
from synth.models.loopback_only import is_loopback
from synth.settings import Engine, check_address

_QUOTA = frozenset({"insufficient_quota", "billing_not_active", "insufficient_balance", "billing_hard_limit_reached"})
_UNSUPPORTED = frozenset({"unsupported_parameter", "unsupported_value"})
_QUOTED_CHARACTERS = 200


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An address as a person may see it, the model asked for, and where its key comes from."""

    address: str
    model: str
    key_name: str
    local: bool
    """True on this machine, where a proxy of the environment has no business."""
    key: str | None = field(repr=False)

    @classmethod
    def of(cls, engine: Engine, key: str | None) -> "Endpoint":
        """Check the parts. Raises `ModelError` for an address or a key that no request can carry."""
        try:
            parts = urlsplit(check_address(engine.base_url))
        except ValueError as error:
            raise ModelError(f"`engine.base_url` {error}.") from None
        host, port = parts.hostname or "", parts.port
        key = (key or "").strip() or None
        if key and not (key.isascii() and key.isprintable()):
            raise ModelError(
                f"The key in the environment variable {engine.api_key_env} holds characters that no key has. "
                f"Set {engine.api_key_env} again."
            )
        shown_host = f"[{host}]" if ":" in host else host
        shown_port = "" if port is None else f":{port}"
        address = f"{parts.scheme}://{shown_host}{shown_port}{parts.path.rstrip('/')}"
        return cls(address, engine.model, engine.api_key_env, is_loopback(host), key)

    def without_key(self, text: str) -> str:
        """The text with the key blotted out."""
        return text.replace(self.key, "[key]") if self.key and _is_secret(self.key) else text


def _is_secret(key: str) -> bool:
    """Whether it is more than a word that stands for a key at servers that want none: `EMPTY`, `ollama`, `key`."""
    return len(key) >= 20 or (len(key) >= 12 and any(letter.isdigit() for letter in key))


class StatusError(Protocol):
    """An answer that is an error; those of the `openai` client have this shape, too."""

    @property
    def status_code(self) -> int:
        """Of HTTP."""

    @property
    def code(self) -> str | None:
        """The endpoint's own name for what is wrong."""

    @property
    def type(self) -> str | None:
        """The endpoint's own name for the kind of error."""

    @property
    def body(self) -> object:
        """`{"message": ...}`, or anything else."""


@dataclass(frozen=True, slots=True)
class Refused:
    """An error read from the body of an answer."""

    status_code: int
    message: str = ""
    code: str | None = None
    type: str | None = None
    param: str | None = None

    @property
    def body(self) -> object:
        """As `StatusError` has it."""
        return {"message": self.message}

    @classmethod
    def of(cls, status: int, body: str) -> "Refused":
        """Read what an endpoint says in any of the forms in use; the message is empty where it says nothing."""
        try:
            value = json.loads(body)
        except (ValueError, RecursionError):
            return cls(status)
        if isinstance(value, list) and value:
            value = value[0]
        if isinstance(value, dict) and isinstance(value.get("error"), dict):
            value = value["error"]
        if not isinstance(value, dict):
            return cls(status)
        said = [value.get(name) for name in ("message", "error", "detail")]
        message = next((words for words in said if isinstance(words, str)), "")
        return cls(status, message, *(_word(value.get(name)) for name in ("code", "type", "param")))


def why_unusable(error: StatusError, endpoint: Endpoint) -> str | None:
    """Why no further question can be answered; None where only this one failed."""
    status, said, name = error.status_code, said_by(error, endpoint), endpoint.key_name
    if status == 402 or error.code in _QUOTA or error.type in _QUOTA:
        return f"{endpoint.address} says that the account has no quota left{said} Add credit, then resume the run."
    if status == 401 or error.code == "invalid_api_key":
        if endpoint.key is None:
            return f"{endpoint.address} needs a key{said} Set the environment variable {name}."
        return f"{endpoint.address} refused the key{said} Set the environment variable {name} to a valid key."
    if status == 403:
        return (
            f"{endpoint.address} does not let this key use the model `{endpoint.model}`{said} "
            f"Check the key in the environment variable {name} and `engine.model`."
        )
    if status == 404:
        return (
            f"{endpoint.address} knows no model `{endpoint.model}`, or is not the right address{said} "
            "Check `engine.model` and `engine.base_url`; most addresses end in `/v1`."
        )
    if 300 <= status < 400:
        return f"{endpoint.address} sends us to another address{said} Write the right one as `engine.base_url`."
    if status == 400 and error.code in _UNSUPPORTED:
        return f"The model `{endpoint.model}` does not take our questions{said} Choose another `engine.model`."
    return None


def cannot_reach(endpoint: Endpoint, reason: str) -> str:
    """Why no connection can be had, as a sentence."""
    said = endpoint.without_key(reason).strip().rstrip(".")
    return f"{endpoint.address} cannot be reached: {said}. Start the server or correct `engine.base_url`."


def said_by(error: StatusError, endpoint: Endpoint) -> str:
    """`: "..."` with the server's own words, or a full stop."""
    message = error.body.get("message") if isinstance(error.body, dict) else None
    if not isinstance(message, str) or not message.strip():
        return "."
    words = endpoint.without_key(" ".join(message.split()))
    if len(words) > _QUOTED_CHARACTERS:
        words = words[:_QUOTED_CHARACTERS] + " ..."
    return f': "{words}"'


def _word(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) else None
