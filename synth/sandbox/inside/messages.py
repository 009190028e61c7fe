"""What a failure says: the exception, and the last frames of the files under test that led to it."""

import linecache
import os
import traceback
from collections import deque
from contextlib import suppress
from types import TracebackType

from synth.sandbox.inside.report import cut

_FRAMES = 20


def explain(error: BaseException, root: str) -> str:
    """The traceback of `error` without frames outside `root`, in pytest's short style. Never raises."""
    frames = [
        f"{os.path.relpath(path, root)}:{line}: in {name}" + (f"\n    {source}" if source else "")
        for path, line, name, source in _frames(error, root)
    ]
    return cut("\n".join([*frames, *(f"E   {line}" for line in _say(error).split("\n"))]))


def explain_script(error: BaseException, root: str) -> str:
    """The same in the style of Python's own tracebacks, for a program."""
    frames = [
        f'  File "{os.path.relpath(path, root)}", line {line}, in {name}\n' + (f"    {source}\n" if source else "")
        for path, line, name, source in _frames(error, root)
    ]
    return cut("".join(frames) + _say(error))


def _frames(error: BaseException, root: str) -> list[tuple[str, int, str, str]]:
    """Path, line, function and source of the last frames below `root`."""
    places: deque[tuple[str, int, str]] = deque(maxlen=_FRAMES)
    trace = _trace(error)
    while trace is not None:
        code = trace.tb_frame.f_code
        if code.co_filename.startswith(f"{root}/"):
            places.append((code.co_filename, trace.tb_lineno, code.co_name))
        trace = trace.tb_next
    return [(path, line, name, linecache.getline(path, line).strip()) for path, line, name in places]


def _trace(error: BaseException) -> TracebackType | None:
    """The traceback, whatever the exception's class says about it."""
    trace: TracebackType | None = BaseException.__dict__["__traceback__"].__get__(error)
    return trace


def _say(error: BaseException) -> str:
    """The exception's own words, cut before they are split: a message may be as large as memory allows."""
    for tell in (traceback.format_exception_only, _shortly):
        with suppress(BaseException):
            return cut("".join(tell(error)).rstrip("\n"))
    return f"{type(error).__name__}: <it cannot be told>"


def _shortly(error: BaseException) -> list[str]:
    return [f"{type(error).__name__}: {error}"]
