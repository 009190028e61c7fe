"""The program inside the sandbox: writes the job's files, runs its tests with pytest in a limited child, reports.

Standard library and pytest only, and nothing of `synth`: it is handed to the sandbox as text. It runs as the sandbox's
first process, so that whatever the tests leave behind dies with it. Two pipes lead out: `end` stays in this process,
`report` goes to the child that runs the code under test. The host decides what both mean (`judge`).
"""

import ast
import gc
import json
import os
import resource
import runpy
import signal
import sys
import traceback
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn, cast

if TYPE_CHECKING:
    import pytest

WORK = Path("/work")
_MESSAGE = 2000
_FAILURES = 20
_CUT_SHORT = 70
_UNUSED = ("cacheprovider", "doctest", "junitxml", "pastebin", "setuponly", "setupplan", "stepwise", "terminal")
_OPTIONS = (
    "-c/dev/null",
    f"--rootdir={WORK}",
    "--import-mode=importlib",
    "--capture=no",
    *(f"-pno:{plugin}" for plugin in _UNUSED),
)


def main() -> None:
    """Arguments: the descriptors `report` and `end`. The job comes as JSON on standard input."""
    report, end = int(sys.argv[1]), int(sys.argv[2])
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    _import_pytest()
    job = json.load(sys.stdin.buffer)
    _write_files(job["files"])
    _say(end, {"started": True})
    child = os.fork()
    if child == 0:
        os.close(end)
        _run_child(report, job)
    os.close(report)
    status, usage = _reap(child)
    facts = {"cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": round(usage.ru_maxrss / 1024, 1)}
    _say(end, {"exit": os.waitstatus_to_exitcode(status), **facts})


def _import_pytest() -> None:
    """Import it before anything of the job is there; without garbage collection, which only costs time here."""
    gc.disable()
    import pytest

    assert pytest
    gc.freeze()
    gc.enable()


def _write_files(files: dict[str, str]) -> None:
    for name, text in files.items():
        path = WORK / name
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8", newline="") as file:
            file.write(text)


def _say(descriptor: int, value: dict[str, Any]) -> None:
    content = json.dumps(value).encode() + b"\n"
    while content:
        content = content[os.write(descriptor, content) :]


def _reap(child: int) -> tuple[int, resource.struct_rusage]:
    """Wait for `child`, and on the way for every orphan, as a first process must."""
    while True:
        pid, status, usage = os.wait4(-1, 0)
        if pid == child:
            return status, usage


def _run_child(report: int, job: dict[str, Any]) -> NoReturn:
    """Run the tests, say what happened, and end without the exit handlers of the code under test."""
    own, code = os.getpid(), _CUT_SHORT
    recorder = Recorder()
    try:
        _confine(report, job["limits"])
        code = _run_pytest(job["tests"], recorder)
    except MemoryError:
        recorder.memory = True
    finally:
        if (error := sys.exc_info()[1]) is not None:
            recorder.errors.append(("pytest", _explain(error)))
        try:
            if os.getpid() == own:
                _say(report, recorder.facts(code))
            for stream in (sys.__stdout__, sys.__stderr__):
                if stream is not None:
                    stream.flush()
        finally:
            os._exit(code)


def _confine(report: int, limits: dict[str, int]) -> None:
    """Take away the descriptors that the code under test has no business with, and set its limits."""
    os.set_inheritable(report, False)
    os.close(0)
    os.open(os.devnull, os.O_RDONLY)
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value + 1 if name == "CPU" else value))


def _run_pytest(tests: list[str], recorder: "Recorder") -> int:
    import pytest

    folders = dict.fromkeys(str((WORK / test).parent) for test in tests)
    sys.path[:0] = [str(WORK), *(folder for folder in folders if folder != str(WORK))]
    sys.argv[:] = ["pytest"]
    return int(pytest.main([*_OPTIONS, *tests], plugins=[recorder, Scripts()]))


class Recorder:
    """A pytest plugin that notes each test's outcome."""

    def __init__(self) -> None:
        self.memory = False
        self.collected: dict[str, None] = {}
        self.outcomes: dict[str, str] = {}
        self.failures: list[tuple[str, str]] = []
        self.errors: list[tuple[str, str]] = []

    def facts(self, code: int) -> dict[str, Any]:
        """The report: counts, and what failed. `errors` are files that could not be collected."""
        outcomes = list(self.outcomes.values())
        return {
            "exit": code,
            "collected": len(self.collected),
            **{outcome: outcomes.count(outcome) for outcome in ("passed", "failed", "skipped")},
            "failures": [(_cut(name), _cut(text)) for name, text in self.failures[:_FAILURES]],
            "errors": [(_cut(name), _cut(text)) for name, text in self.errors[:_FAILURES]],
            "memory": self.memory,
        }

    def pytest_collection_modifyitems(self, items: list["pytest.Item"]) -> None:
        """Note what there is to run."""
        self.collected.update(dict.fromkeys(item.nodeid for item in items))

    def pytest_collectreport(self, report: "pytest.CollectReport") -> None:
        """Note a file that could not be imported, or that skips itself."""
        if report.failed:
            self.errors.append((report.nodeid, report.longreprtext))
        elif report.skipped:
            self.collected[report.nodeid] = None
            self.outcomes[report.nodeid] = "skipped"

    def pytest_runtest_logreport(self, report: "pytest.TestReport") -> None:
        """Note one phase of one test. A failure in any phase stays; a pass is the call's."""
        if report.failed:
            self.outcomes[report.nodeid] = "failed"
            self.failures.append((report.nodeid, report.longreprtext))
        elif report.skipped or hasattr(report, "wasxfail"):
            self.outcomes.setdefault(report.nodeid, "skipped")
        elif report.when == "call" and self.outcomes.get(report.nodeid) != "failed":
            self.outcomes[report.nodeid] = "passed"

    def pytest_exception_interact(self, call: "pytest.CallInfo[object]") -> None:
        """Note that memory ran out."""
        if call.excinfo is not None and call.excinfo.errisinstance(MemoryError):
            self.memory = True

    def pytest_internalerror(self, excrepr: object, excinfo: "pytest.ExceptionInfo[BaseException]") -> None:
        """Note what stopped pytest itself."""
        self.memory = self.memory or excinfo.errisinstance(MemoryError)
        self.errors.append(("pytest", str(excrepr)))


class Scripts:
    """A pytest plugin for test files that are plain scripts of asserts, and for files that exit when imported."""

    def __init__(self) -> None:
        import pytest

        class Script(pytest.Item):
            def runtest(self) -> None:
                _run_script(self.path)

            def repr_failure(self, excinfo: "pytest.ExceptionInfo[BaseException]", style: object = None) -> str:
                return _explain(excinfo.value)

        class ScriptFile(pytest.File):
            def collect(self) -> Iterator[pytest.Item]:
                yield Script.from_parent(self, name="script")

        def make_module(module_path: Path, parent: pytest.Collector) -> pytest.File | None:
            return ScriptFile.from_parent(parent, path=module_path) if _is_script(module_path) else None

        def make_collect_report(collector: pytest.Collector) -> Generator[None, Any, pytest.CollectReport]:
            try:
                return cast(pytest.CollectReport, (yield))
            except SystemExit as exit_:
                text = f"SystemExit({exit_.code!r}) while it was imported"
                return pytest.CollectReport(collector.nodeid, "failed", text, [])

        self.pytest_pycollect_makemodule = pytest.hookimpl(tryfirst=True)(make_module)
        self.pytest_make_collect_report = pytest.hookimpl(wrapper=True, tryfirst=True)(make_collect_report)


def _is_script(path: Path) -> bool:
    """Whether the file defines no tests but asserts something."""
    try:
        nodes = list(ast.walk(ast.parse(path.read_bytes())))
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(isinstance(node, ast.Assert) for node in nodes) and not any(map(_defines_test, nodes))


def _defines_test(node: ast.AST) -> bool:
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return node.name.startswith("test")
    if isinstance(node, ast.ClassDef):
        return "Test" in node.name or any("Test" in ast.unparse(base) for base in node.bases)
    if isinstance(node, ast.ImportFrom):
        return any(alias.name.startswith("test_") or alias.name == "*" for alias in node.names)
    return False


def _run_script(path: Path) -> None:
    try:
        runpy.run_path(str(path), run_name="__main__")
    except SystemExit as exit_:
        raise AssertionError(f"the script ended itself with SystemExit({exit_.code!r})") from exit_


def _explain(error: BaseException) -> str:
    """The traceback of `error` without the frames of this program."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename.startswith(str(WORK))]
    return "".join(traceback.format_list(frames[-_FAILURES:]) + traceback.format_exception_only(error))


def _cut(text: str) -> str:
    """At most `_MESSAGE` characters: the beginning, and more of the end, where the error stands. Fit to be stored."""
    text = text.encode(errors="backslashreplace").decode()
    if len(text) <= _MESSAGE:
        return text
    return f"{text[: _MESSAGE // 4]}\n[...]\n{text[-_MESSAGE * 3 // 4 :]}"


if __name__ == "__main__":
    main()
