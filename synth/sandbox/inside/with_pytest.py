"""Runs test files with pytest itself, for all that `plain` leaves: fixtures, `conftest.py`, plugins.

What belongs to the solution configures nothing: no ini file is read, no `conftest.py` but those named as the tests',
and no plugin but the interpreter's own (`preload`).
"""

import ast
import os
from collections.abc import Callable, Generator, Iterable, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import pytest
from _pytest.config import Config, ConftestImportFailure, PytestPluginManager, default_plugins
from _pytest.outcomes import Failed
from _pytest.unittest import TestCaseFunction

from synth.sandbox.inside.messages import explain, explain_script
from synth.sandbox.inside.ordering import shuffled
from synth.sandbox.inside.report import NotApart, Report, cut
from synth.sandbox.inside.scripts import NO_PYTHON, is_script, run_script
from synth.sandbox.inside.unittests import UNAWAITED, is_unawaited

_UNUSED = {
    "cacheprovider",
    "doctest",
    "faulthandler",
    "junitxml",
    "pastebin",
    "setuponly",
    "setupplan",
    "stepwise",
    "terminal",
    "threadexception",
    "unraisableexception",
}
_OPTIONS = ("-c/dev/null", "--import-mode=importlib", "--capture=no", "--noconftest", "--disable-plugin-autoload")
_installed: list[tuple[str, Any]] | None = None


class Interrupted(Exception):
    """The code under test raised `KeyboardInterrupt`, which would stop pytest."""


def preload() -> None:
    """Import pytest's parts and the installed plugins; call it before anything of a job is there."""
    global _installed
    if _installed is not None:
        return
    _installed = []
    for entry in entry_points(group="pytest11"):
        try:
            _installed.append((entry.name, entry.load()))
        except Exception:  # noqa: BLE001 - a plugin that cannot be loaded here is not there
            continue
    _configure(os.path.dirname(os.__file__), [], [], explained=True)._ensure_unconfigure()


def has_plugins() -> bool:
    """Whether pytest plugins are installed, which may give marks a meaning."""
    return bool(_installed)


def run(
    root: str,
    tests: Sequence[str],
    *,
    order: int | None,
    before_each: Callable[[], None] | None,
    conftests: Iterable[str],
    explained: bool,
) -> Report:
    """Run the test files, paths relative to `root`; the arguments are those of `suite.run_suite`."""
    recorder = Recorder(root, order, before_each, frozenset(Path(root, path) for path in conftests))
    report = recorder.report
    report.explained = explained
    try:
        plugins = [recorder, Scripts(root), Conftests(root, tests, recorder.conftests)]
        config = _configure(root, list(tests), plugins, explained)
        try:
            code = int(config.hook.pytest_cmdline_main(config=config))
        finally:
            config._ensure_unconfigure()
    except ConftestImportFailure as failure:
        _note_error(report, str(failure.path.relative_to(root)), failure.cause, root)
    except NotApart as reason:
        report.apart = str(reason)
    except BaseException as error:  # noqa: BLE001 - whatever importing a `conftest.py` raises
        _note_error(report, "pytest", error, root)
    else:
        regular = code in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED, pytest.ExitCode.NO_TESTS_COLLECTED)
        report.complete = regular and not recorder.stopped
    report.complete = report.complete or bool(report.errors and not recorder.stopped)
    return report


def _note_error(report: Report, where: str, error: BaseException, root: str) -> None:
    report.memory = report.memory or isinstance(error, MemoryError)
    report.errors.append((where, explain(error, root)))


def _configure(root: str, tests: list[str], plugins: Sequence[object], explained: bool) -> Config:
    """What pytest does with its command line, without its plugins that are of no use here."""
    manager = PytestPluginManager()
    mode = f"--assert={'rewrite' if explained else 'plain'}"
    arguments = [*_OPTIONS, mode, f"--rootdir={root}", f"--confcutdir={root}", *(f"{root}/{test}" for test in tests)]
    invocation = Config.InvocationParams(args=arguments, plugins=list(plugins), dir=Path(root))
    config = Config(manager, invocation_params=invocation)
    try:
        for name in default_plugins:
            if name not in _UNUSED:
                manager.import_plugin(name)
        for name, plugin in _installed or ():
            manager.register(plugin, name=name)
        for plugin in plugins:
            manager.register(plugin)
        config.parse(arguments, addopts=False)
        config.option.tbstyle = "short" if explained else "line"
    except BaseException:
        config._ensure_unconfigure()
        raise
    return config


class Conftests:
    """A pytest plugin that loads the given `conftest.py` files, each for the folders below its own."""

    def __init__(self, root: str, tests: Iterable[str], conftests: frozenset[Path]) -> None:
        self.conftests = conftests
        self.folders = {folder for test in tests for folder in Path(root, test).parents if folder.is_relative_to(root)}

    def pytest_load_initial_conftests(self, early_config: Config) -> None:
        """Load them; pytest itself is told to load none (`--noconftest`)."""
        manager = early_config.pluginmanager
        modules = {}
        for path in sorted(self.conftests, key=lambda path: len(path.parts)):
            if path.parent in self.folders:
                modules[path.parent] = manager._importconftest(
                    path, "importlib", early_config.rootpath, consider_namespace_packages=False
                )
        for folder in self.folders:
            above = reversed((folder, *folder.parents))
            manager._dirpath2confmods[folder] = [modules[place] for place in above if place in modules]


class Recorder:
    """A pytest plugin that notes each test's outcome."""

    def __init__(
        self, root: str, order: int | None, before_each: Callable[[], None] | None, conftests: frozenset[Path]
    ) -> None:
        self.root, self.order, self.before_each, self.conftests = root, order, before_each, conftests
        self.report = Report()
        self.stopped = False
        self.process = os.getpid()
        self.session: pytest.Session | None = None

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Remember what is to be stopped."""
        self.session = session

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put the tests in order, and note them."""
        if self.order is not None:
            items[:] = shuffled(items, lambda item: item.nodeid, self.order)
        known = dict.fromkeys([*self.report.collected, *(item.nodeid for item in items)])
        self.report.collected = list(known)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that could not be imported, or that skips itself."""
        if report.failed:
            self.report.errors.append((report.nodeid, cut(report.longreprtext)))
        elif report.skipped:
            self.report.collected.append(report.nodeid)
            self.report.outcomes[report.nodeid] = "skipped"

    def pytest_runtest_logstart(self) -> None:
        """Before a test and all it needs is set up."""
        if self.before_each is not None:
            self.before_each()

    def pytest_runtest_logfinish(self) -> None:
        """End a copy of this process that a test has made and left to go on."""
        if os.getpid() != self.process:
            os._exit(0)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note one phase of one test. A failure in any phase stays; a pass is the call's."""
        outcomes = self.report.outcomes
        if report.failed:
            outcomes[report.nodeid] = "failed"
            self.report.failures.append((report.nodeid, self._message(report)))
        elif report.skipped or hasattr(report, "wasxfail"):
            outcomes.setdefault(report.nodeid, "skipped")
        elif report.when == "call" and outcomes.get(report.nodeid) != "failed":
            outcomes[report.nodeid] = "passed"

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_makereport(
        self, item: pytest.Item, call: "pytest.CallInfo[None]"
    ) -> Generator[None, pytest.TestReport, pytest.TestReport]:
        """Report a test as failed whose values break the report."""
        try:
            return (yield)
        except BaseException as error:  # noqa: BLE001 - the test's own objects are asked for their words
            assert call.when != "collect"
            return pytest.TestReport(item.nodeid, item.location, {}, "failed", explain(error, self.root), call.when)

    def pytest_exception_interact(self, call: "pytest.CallInfo[object]") -> None:
        """Note what is more than a failure."""
        if call.excinfo is not None:
            self._note(call.excinfo.value)

    def pytest_keyboard_interrupt(self, excinfo: "pytest.ExceptionInfo[BaseException]") -> None:
        """Note that the run was stopped."""
        self.stopped = self.stopped or not isinstance(excinfo.value, pytest.Session.Interrupted)

    def pytest_internalerror(self, excrepr: object, excinfo: "pytest.ExceptionInfo[BaseException]") -> None:
        """Note what stopped pytest itself."""
        self._note(excinfo.value)
        self.stopped = True
        self.report.errors.append(("pytest", cut(str(excrepr))))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Generator[None, None, None]:
        """Keep the test from stopping pytest."""
        return (yield from _without_interrupt())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> Generator[None, None, None]:
        """Keep the test from stopping pytest, and from passing because nobody awaits it."""
        if isinstance(item, TestCaseFunction) and item.cls is not None and is_unawaited(item.cls, item.name):
            raise Failed(UNAWAITED)
        return (yield from _without_interrupt())

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Generator[None, None, None]:
        """Keep the test from stopping pytest."""
        return (yield from _without_interrupt())

    def _note(self, error: BaseException) -> None:
        if isinstance(error, MemoryError):
            self.report.memory = True
        elif isinstance(error, NotApart):
            self.report.apart = self.report.apart or str(error)
            if self.session is not None:
                self.session.shouldstop = "these tests cannot be judged apart"

    def _message(self, report: pytest.TestReport) -> str:
        text = cut(report.longreprtext)
        foreign = report.when == "setup" and "fixture '" in text and "not found" in text and self._foreign_conftest()
        return f"conftest.py of the solution is not used; list it under tests\n{text}" if foreign else text

    def _foreign_conftest(self) -> bool:
        return any(path not in self.conftests for path in Path(self.root).rglob("conftest.py"))


def _without_interrupt() -> Generator[None, None, None]:
    try:
        return (yield)
    except KeyboardInterrupt as interrupt:
        raise Interrupted("KeyboardInterrupt").with_traceback(interrupt.__traceback__) from interrupt


class Scripts:
    """A pytest plugin for test files that are plain scripts of asserts, and for files that exit when imported."""

    def __init__(self, root: str) -> None:
        self.root = root
        self._seen: dict[Path, bool] = {}

    def _is_script(self, path: Path) -> bool:
        """Remembered: pytest asks about a file once for every file that it is to run."""
        if path not in self._seen:
            try:
                self._seen[path] = is_script(ast.walk(ast.parse(path.read_bytes())))
            except NO_PYTHON:
                self._seen[path] = False
        return self._seen[path]

    @pytest.hookimpl(tryfirst=True)
    def pytest_pycollect_makemodule(self, module_path: Path, parent: pytest.Collector) -> pytest.File | None:
        """A plain script is no module of tests."""
        if not self._is_script(module_path):
            return None
        file = _ScriptFile.from_parent(parent, path=module_path)
        assert isinstance(file, _ScriptFile)
        return file

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """A file that ends the process when imported could not be collected."""
        try:
            return (yield)
        except (SystemExit, KeyboardInterrupt) as end:
            text = f"{type(end).__name__}({', '.join(map(repr, end.args))}) while it was imported"
            return pytest.CollectReport(collector.nodeid, "failed", f"{text}\n{explain(end, self.root)}", [])


class _Script(pytest.Item):
    def runtest(self) -> None:
        run_script(str(self.path))

    def repr_failure(self, excinfo: "pytest.ExceptionInfo[BaseException]", style: object = None) -> str:
        return explain_script(excinfo.value, str(self.config.rootpath))


class _ScriptFile(pytest.File):
    def collect(self) -> Iterable[pytest.Item]:
        script = _Script.from_parent(self, name="script")
        assert isinstance(script, _Script)
        yield script
