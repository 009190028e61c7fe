"""What running tests came to, as the process that ran them says it. The host decides what it is worth (`judge`)."""

import json
from dataclasses import asdict, dataclass, field
from typing import Any

MESSAGE_CHARACTERS = 2000
MOST_FAILURES = 20


class NotApart(BaseException):
    """The tests do something that cannot be judged with the solution in another process; the text says what.

    Not an `Exception`, so that a test's own `except` does not swallow it.
    """


@dataclass(slots=True)
class Report:
    """Outcomes by test id, as pytest writes ids: `path::Class::test[parameter]`; a plain script is `path::script`."""

    collected: list[str] = field(default_factory=list)
    outcomes: dict[str, str] = field(default_factory=dict)
    """`passed`, `failed` or `skipped`."""
    failures: list[tuple[str, str]] = field(default_factory=list)
    errors: list[tuple[str, str]] = field(default_factory=list)
    """Files that could not be collected, and why."""
    explained: bool = True
    """Failures tell what the values were; False where that was left out to save time."""
    memory: bool = False
    """A test ended by `MemoryError`."""
    apart: str | None = None
    """Why these tests cannot be judged apart, where that was found out on the way."""
    held: list[tuple[int, list[Any]]] = field(default_factory=list)
    """Values whose expectations the host held back, by number (`holding`)."""
    ended: bool = False
    """The solution's own process ended, or stopped making sense, while tests used it."""
    complete: bool = False
    """The run came to its regular end."""

    def encode(self) -> bytes:
        """As one line of JSON, messages cut."""
        facts = asdict(self)
        for name in ("failures", "errors"):
            facts[name] = [(cut(where), cut(text)) for where, text in facts[name][:MOST_FAILURES]]
        return json.dumps(facts).encode() + b"\n"


def cut(text: str) -> str:
    """At most `MESSAGE_CHARACTERS`: the beginning, and more of the end, where the error stands. Fit to be stored."""
    text = text.encode(errors="backslashreplace").decode()
    if len(text) <= MESSAGE_CHARACTERS:
        return text
    return f"{text[: MESSAGE_CHARACTERS // 4]}\n[...]\n{text[-MESSAGE_CHARACTERS * 3 // 4 :]}"
