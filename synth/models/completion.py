"""What is read of a chat completion: forgiving about what we do not need, exact about what we take.

An answer may hold anything; whatever it is, it ends as `Said` or as `NoCompletion`.
"""

import json
from dataclasses import dataclass


class NoCompletion(ValueError):
    """A body that is no chat completion; the message says why."""

    def __init__(self, why: str, status: int | None = None) -> None:
        super().__init__(why)
        self.status = status
        """Of an error that was sent as if it were an answer."""


@dataclass(frozen=True, slots=True)
class Said:
    """A chat completion, as far as it matters."""

    text: str
    """Without the reasoning in front of it."""
    whole: str
    """With it."""
    finish: str
    refusal: str
    model: str
    prompt_tokens: int | None
    completion_tokens: int | None
    cached_tokens: int | None


def read_completion(body: bytes) -> Said:
    """Read the first choice. Raises `NoCompletion`."""
    value = _parse(body)
    choices = value.get("choices")
    if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
        raise NoCompletion("the answer is not a chat completion", _status_in(value))
    choice = choices[0] if choices else {}
    message = choice.get("message")
    if choices and not isinstance(message, dict):
        raise NoCompletion("the answer is not a chat completion", _status_in(choice))
    message = message or {}
    whole = _text(message.get("content"))
    usage = value.get("usage")
    usage = usage if isinstance(usage, dict) else {}
    details = usage.get("prompt_tokens_details")
    return Said(
        text=_without_thinking(whole),
        whole=whole,
        finish=_word(choice.get("finish_reason")),
        refusal=_word(message.get("refusal")),
        model=_word(value.get("model")),
        prompt_tokens=_count(usage.get("prompt_tokens")),
        completion_tokens=_count(usage.get("completion_tokens")),
        cached_tokens=_count(details.get("cached_tokens")) if isinstance(details, dict) else None,
    )


def breaks_off(error: json.JSONDecodeError) -> bool:
    """Whether nothing is wrong with a JSON text but that it never comes to its end."""
    return error.pos >= len(error.doc) - 1 or error.msg.startswith("Unterminated string")


def _parse(body: bytes) -> dict[str, object]:
    try:
        value = json.loads(body)
    except UnicodeDecodeError:
        raise NoCompletion("the answer is not UTF-8") from None
    except RecursionError:
        raise NoCompletion("the answer is nested too deeply") from None
    except ValueError as error:
        cut = isinstance(error, json.JSONDecodeError) and body[:1] in (b"{", b"[") and breaks_off(error)
        raise NoCompletion("the answer breaks off" if cut else "the answer is not JSON") from None
    if not isinstance(value, dict):
        raise NoCompletion("the answer is not a chat completion")
    return value


def _status_in(value: dict[str, object]) -> int | None:
    error = value.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if isinstance(code, str) and len(code) == 3 and code.isascii() and code.isdigit():
        code = int(code)
    return code if isinstance(code, int) and 400 <= code < 600 else None


def _text(content: object) -> str:
    """The text of a message, which may come in parts."""
    if content is None:
        return ""
    if isinstance(content, str):
        return _sound(content)
    if isinstance(content, list) and all(isinstance(part, dict) for part in content):
        texts = [part.get("text") for part in content if part.get("type") == "text"]
        if all(isinstance(text, str) for text in texts):
            return _sound("".join(texts))
    raise NoCompletion("the answer's content is no text")


def _word(value: object) -> str:
    return _sound(value) if isinstance(value, str) else ""


def _sound(text: str) -> str:
    """Without halves of characters, which no file can hold."""
    if text.isascii():
        return text
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode("utf-8")
    return text


def _count(value: object) -> int | None:
    """A number of tokens; whatever is none is unknown."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 1 << 53:
        return None
    return int(value)


def _without_thinking(text: str) -> str:
    """Cut the reasoning that some servers leave in front of the answer; its opening tag may be missing."""
    head, end, answer = text.partition("</think>")
    thought = end and (head.lstrip().startswith("<think>") or "<think>" not in head)
    return answer.lstrip() if thought else text
