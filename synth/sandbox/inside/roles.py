"""What the confined child of a cell does: run a program or tests, offer a solution to tests, or test such an offer."""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from synth.sandbox.inside.report import Report

_OURS = "synth"
_PROTECTED = frozenset({"_pytest", "builtins", "pluggy", "pytest", "sys", "unittest"})
"""A solution's module by such a name does not take the place of the real one."""
_MOST_FRAMES = 20


def play(job: "dict[str, Any]", fds: dict[str, int]) -> int:
    """Run the job in its role and return the exit code; what the role has to say goes to `report`."""
    return _ROLES[job["role"]](job, fds)


def _script(job: "dict[str, Any]", fds: dict[str, int]) -> int:
    main: str = job["main"]
    _make_room(job["files"])
    sys.argv[:] = [main]
    sys.path.insert(0, os.path.dirname(os.path.abspath(main)))
    module = sys.modules["__main__"]
    module.__dict__.update(__file__=main, __builtins__=__builtins__, __cached__=None)
    code = 0
    try:
        with open(main, "rb") as file:
            text = file.read()
        exec(compile(text, main, "exec", dont_inherit=True), module.__dict__)
    except SystemExit as exit_:
        code = _exit_code(exit_.code)
    except BaseException as error:  # noqa: BLE001 - whatever the code raises
        _print_traceback(error)
        code = 1
    _wait_for_threads()
    if not _flush():
        code = code or 120
    write(fds["report"], b"%d\n" % code)
    return code


def _tests(job: "dict[str, Any]", fds: dict[str, int]) -> int:
    from synth.sandbox.inside.holding import record
    from synth.sandbox.inside.report import Report
    from synth.sandbox.inside.suite import run_suite

    _make_room(job["files"])
    values = record()

    def judge() -> "Report":
        report = run_suite(
            os.getcwd(), job["tests"], order=job["order"], conftests=job["conftests"], explained=job["explained"]
        )
        report.held = values
        return report

    return _report(fds, judge, Report())


def _candidate(job: "dict[str, Any]", fds: dict[str, int]) -> int:
    from synth.sandbox.inside.candidate import serve

    _make_room(job["files"])
    serve(fds["link"], os.getcwd())
    return 0


def _driver(job: "dict[str, Any]", fds: dict[str, int]) -> int:
    from synth.sandbox.inside.driver import before_each, drive
    from synth.sandbox.inside.report import Report
    from synth.sandbox.inside.suite import run_suite

    _make_room((*job["files"], *(f"{name}.py" for name in job["modules"])))
    modules = [name for name in job["modules"] if name not in _PROTECTED]

    def run() -> "Report":
        return run_suite(
            ".",
            job["tests"],
            order=job["order"],
            conftests=job["conftests"],
            explained=job["explained"],
            before_each=before_each,
        )

    def judge() -> "Report":
        report, ended = drive(fds["link"], modules, run)
        report.ended = ended
        return report

    return _report(fds, judge, Report())


_ROLES: "dict[str, Callable[[dict[str, Any], dict[str, int]], int]]" = {
    "script": _script,
    "tests": _tests,
    "candidate": _candidate,
    "driver": _driver,
}


def _report(fds: dict[str, int], work: "Callable[[], Report]", report: "Report") -> int:
    """Do the work and write its report, unless this is a copy of the process that the code made."""
    import traceback

    own = os.getpid()
    try:
        report = work()
    except MemoryError:
        report.memory = True
    except BaseException as error:  # noqa: BLE001 - whatever the code raises
        report.errors.append(("the tests", "".join(traceback.format_exception(error, limit=_MOST_FRAMES))))
    if os.getpid() != own:
        return 0
    content = report.encode()
    _flush()
    write(fds["report"], content)
    return 0 if report.complete else 1


_kept: "dict[str, object]" = {}
"""Modules that were taken out of the way: letting go of them would cost more than all else of a small job."""


def _make_room(paths: "Iterable[str]") -> None:
    """Take out of the way what the code should find as if it were alone: our modules, and those it brings itself."""
    global _kept
    _kept = dict(sys.modules)
    theirs = {path.split("/")[0].removesuffix(".py") for path in paths} - _PROTECTED
    for name in list(sys.modules):
        top = name.partition(".")[0]
        if top == _OURS or top in theirs:
            del sys.modules[name]
    sys.modules["__main__"] = type(sys)("__main__")
    sys.path[:] = [place for place in sys.path if not place.startswith("/espalier")]
    if (numpy := sys.modules.get("numpy")) is not None:
        numpy.random.seed()
    sys.dont_write_bytecode = True


def _exit_code(code: object) -> int:
    if code is None:
        return 0
    if isinstance(code, int):
        return code & 0xFF
    print(code, file=sys.stderr)  # noqa: T201
    return 1


def _print_traceback(error: BaseException) -> None:
    import traceback

    try:
        frames = error.__traceback__
        while frames is not None and frames.tb_frame.f_code.co_filename == __file__:
            frames = frames.tb_next
        traceback.print_exception(type(error), error, frames, limit=-_MOST_FRAMES)
    except BaseException:  # noqa: BLE001 - printing runs code of the job
        traceback.print_exc(limit=1)


def _wait_for_threads() -> None:
    """As the interpreter does at its end."""
    import atexit

    if (threading := sys.modules.get("threading")) is not None:
        threading._shutdown()
    atexit._run_exitfuncs()


def _flush() -> bool:
    try:
        for stream in (sys.stdout, sys.stderr):
            if stream is not None and not stream.closed:
                stream.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True


def write(descriptor: int, content: bytes) -> None:
    """Write all of it."""
    while content:
        content = content[os.write(descriptor, content) :]
