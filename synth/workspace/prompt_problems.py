"""What is wrong with the text of a prompt, said with its line: from what loading it and filling it in complained of."""

import re
import traceback
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType

import yaml
from jinja2 import TemplateSyntaxError

_MISMATCH = re.compile(r"declares inputs (\[.*?\]), uses (\[.*?\])")
_FILE = re.compile(r"^(?:\S.*?\.md|prompt \w+): ")
_NAME = re.compile(r"'([^']*)'")


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in the way."""

    text: str
    line: int | None = None
    """Of the whole file, from 1; None where it is about no one line."""

    @property
    def words(self) -> str:
        """With the line in front, where there is one."""
        return self.text if self.line is None else f"line {self.line}: {self.text}"


def problems_of(
    error: Exception | None, text: str, given: Sequence[str], declared: Sequence[str] | None = None
) -> list[Problem]:
    """Problems behind an error, or, without one, between the inputs `declared` and those that the step has `given`."""
    if error is None:
        return _inputs(text, given, declared or (), declared or ())
    found = _MISMATCH.search(str(error))
    if found is not None:
        return _inputs(text, given, _NAME.findall(found[1]), _NAME.findall(found[2]))
    cause = error.__cause__
    if isinstance(cause, TemplateSyntaxError):
        return [Problem(str(cause.message).rstrip("."), _body_starts(text) + cause.lineno)]
    if isinstance(cause, yaml.MarkedYAMLError) and cause.problem_mark is not None:
        said = f"the front matter is not YAML: {cause.problem or 'it cannot be read'}"
        return [Problem(said, cause.problem_mark.line + 2)]
    words = _FILE.sub("", str(error)).rstrip(".")
    if cause is None:
        return [Problem(words, 1)]
    line = _raised_at(cause)
    return [Problem(words, None if line is None else _body_starts(text) + line)]


def _raised_at(error: BaseException) -> int | None:
    """The line of the template at which filling it in failed."""
    lines = [number for frame, number in traceback.walk_tb(error.__traceback__) if _is_template(frame)]
    return lines[-1] if lines else None


def _is_template(frame: FrameType) -> bool:
    return frame.f_code.co_filename == "<template>"


def _inputs(text: str, given: Sequence[str], declared: Sequence[str], used: Sequence[str]) -> list[Problem]:
    has = f"its step gives {', '.join(f'`{name}`' for name in given)}"
    unknown = [name for name in dict.fromkeys([*declared, *used]) if name not in given]
    found = [Problem(f"`{name}` is not known here; {has}", _line_of(text, name)) for name in unknown]
    for name in given:
        if name not in used:
            place = _line_of(text, "inputs")
            found.append(Problem(f"`{name}` is not used; {has}, and a prompt uses all of them", place))
        elif name not in declared:
            found.append(Problem(f"`{name}` is used but not declared in `inputs`", _line_of(text, "inputs")))
    return found


def _line_of(text: str, name: str) -> int | None:
    """The first line that mentions a name."""
    pattern = re.compile(rf"\b{re.escape(name)}\b")
    return next((number for number, line in enumerate(text.splitlines(), start=1) if pattern.search(line)), None)


def _body_starts(text: str) -> int:
    """Lines before the first one of the body."""
    head, mark, body = text.partition("---\n")[2].partition("---\n")
    blank = len(body) - len(body.lstrip())
    return text[: len(text) - len(body) + blank].count("\n") if mark else head.count("\n")
