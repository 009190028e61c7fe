"""Runs the tests in a process without the solution: imports of its modules give stand-ins (`session`, `proxies`)."""

# ruff: noqa: ANN401 - values of every type pass through here

import sys
from collections.abc import Callable, Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

from synth.sandbox.inside import proxies
from synth.sandbox.inside.report import NotApart, Report, cut
from synth.sandbox.inside.session import Ended, Session

__all__ = ["Ended", "before_each", "drive"]


class Finder(MetaPathFinder, Loader):
    """Gives stand-ins for the solution's modules."""

    def __init__(self, session: Session, modules: frozenset[str]) -> None:
        self._session = session
        self._modules = modules

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The stand-in's spec; raises what the import in the candidate raises."""
        if fullname.partition(".")[0] not in self._modules:
            return None
        self._session.module(fullname)
        return ModuleSpec(fullname, self, is_package=fullname in self._session.packages)

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The stand-in that `find_spec` made."""
        return self._session.modules[spec.name]

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the candidate ran it."""


def drive(link: int, modules: Sequence[str], run: Callable[[], Report]) -> tuple[Report, bool]:
    """Run the tests with stand-ins for the solution's top-level `modules`; the report, and whether the candidate ended.

    `link` is the socket to the candidate. A report with `apart` set says nothing about the solution. Where the
    candidate ended or broke the protocol, calls of it raise `Ended`, and no report counts as a pass.
    """
    names = frozenset(modules)
    session = Session(link, names)
    hidden = sorted(names & (sys.stdlib_module_names | {"pytest", "_pytest", "unittest", "numpy", "pandas"}))
    if hidden:
        return Report(apart=f"the solution has a module named like one that tests need: {hidden[0]}"), False
    finder = Finder(session, names)
    proxies.use(session)
    sys.meta_path.insert(0, finder)
    try:
        report = run()
    except NotApart as reason:
        report = Report(apart=str(reason))
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if name.partition(".")[0] in names]:
            del sys.modules[name]
    report.apart = report.apart or session.apart
    report.memory = report.memory or session.memory
    report.failures = [(where, _explained(text, session.traces)) for where, text in report.failures]
    return report, session.ended is not None


def before_each() -> None:
    """Called before each test. Containers that both sides still hold stay shared: tests may keep them in a module."""


def _explained(text: str, traces: dict[str, str]) -> Any:
    for words, trace in traces.items():
        if trace and words in text:
            return cut(f"{cut(text)}\nin the solution:\n{trace}")
    return text
