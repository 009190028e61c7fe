"""Runs plain test files without a pytest session, in a few milliseconds: what they mean there, they mean here.

Collecting stands in `cases`. A file that turns out to need more raises `NotPlain` before any test has run.
"""

import os
from collections.abc import Callable, Sequence
from itertools import islice
from unittest import SkipTest

from _pytest.assertion import truncate, util
from _pytest.assertion._typing import TruncationBudget
from _pytest.assertion.highlight import dummy_highlighter
from _pytest.outcomes import Exit, Skipped, XFailed
from _pytest.raises import AbstractRaises
from _pytest.skipping import Xfail

from synth.sandbox.inside.cases import Case, NotPlain, Scope, load
from synth.sandbox.inside.messages import explain, explain_script
from synth.sandbox.inside.ordering import shuffled
from synth.sandbox.inside.report import NotApart, Report
from synth.sandbox.inside.scripts import ScriptEnded
from synth.sandbox.inside.sources import Source

__all__ = ["NotPlain", "run"]

_DIFFERENCE = TruncationBudget(max_lines=12, max_chars=1000)


def run(root: str, sources: Sequence[Source], *, order: int | None, before_each: Callable[[], None] | None) -> Report:
    """Run test files that are all plain; the arguments are those of `suite.run_suite`.

    Raises:
        NotPlain: They are not, which is only seen now; no test has run, but the files have been imported.
    """
    report = Report()
    cases = _collect(root, sources, report)
    if report.apart is not None:
        return report
    if not report.errors:
        report.collected += [case.id for case in cases]
        ordered = cases if order is None else shuffled(cases, lambda case: case.id, order)
        util._reprcompare = _difference
        if not _Run(root, report, before_each).run_all(ordered):
            return report
    report.complete = True
    return report


def _collect(root: str, sources: Sequence[Source], report: Report) -> list[Case]:
    cases: list[Case] = []
    for source in sources:
        try:
            cases += load(root, source)
        except NotPlain:
            raise
        except NotApart as reason:
            report.apart = str(reason)
            break
        except (Skipped, SkipTest) as skip:
            if isinstance(skip, Skipped) and not skip.allow_module_level:
                report.errors.append((source.name, explain(skip, root)))
                continue
            report.collected.append(source.name)
            report.outcomes[source.name] = "skipped"
        except BaseException as error:  # noqa: BLE001 - whatever importing the file raises
            report.memory = report.memory or isinstance(error, MemoryError)
            told = "" if isinstance(error, Exception) else " while it was imported"
            report.errors.append((source.name, explain(error, root) + told))
    return cases


class _Run:
    """One run over all tests."""

    def __init__(self, root: str, report: Report, before_each: Callable[[], None] | None) -> None:
        self.root, self.report, self.before_each = root, report, before_each
        self.process = os.getpid()
        self.entered: list[Scope] = []

    def run_all(self, cases: Sequence[Case]) -> bool:
        """Whether the run came to its end."""
        for number, case in enumerate(cases):
            if self.before_each is not None:
                self.before_each()
            following = cases[number + 1].scopes if number + 1 < len(cases) else ()
            goes_on = self._run(case) and self._leave(case, following)
            if os.getpid() != self.process:
                os._exit(0)
            if not goes_on:
                return False
        return True

    def _run(self, case: Case) -> bool:
        try:
            if case.skipped():
                self._set(case, "skipped")
                return True
            expected = case.expected_failure()
        except BaseException as error:  # noqa: BLE001 - a mark's condition is of the tests
            return self._note(case, error, None)
        if expected is not None and not expected.run:
            self._set(case, "skipped")
            return True
        raised = self._raised_by(case)
        for one in raised:
            if not self._note(case, one, expected):
                return False
        if not raised:
            self._note_pass(case, expected)
        return True

    def _raised_by(self, case: Case) -> list[BaseException]:
        try:
            for scope in case.scopes:
                if scope not in self.entered:
                    self.entered.append(scope)
                scope.enter()
            return case.call()
        except BaseException as error:  # noqa: BLE001 - whatever the tests raise
            return [error]

    def _leave(self, case: Case, following: Sequence[Scope]) -> bool:
        """Tear down what the next test is not in; what that raises belongs to the last test."""
        while self.entered and self.entered[-1] not in following:
            try:
                self.entered.pop().leave()
            except BaseException as error:  # noqa: BLE001 - whatever the tests raise
                if not self._note(case, error, None):
                    return False
        return True

    def _note_pass(self, case: Case, expected: Xfail | None) -> None:
        if expected is None:
            self._set(case, "passed")
        elif expected.strict:
            self._fail(case, f"[XPASS(strict)] {expected.reason}")
        else:
            self._set(case, "skipped")

    def _note(self, case: Case, error: BaseException, expected: Xfail | None) -> bool:
        """Note what a test raised; False where that ends the run."""
        if isinstance(error, NotApart):
            self.report.apart = str(error)
            return False
        if isinstance(error, Exit):
            return False
        self.report.memory = self.report.memory or isinstance(error, MemoryError)
        if isinstance(error, Skipped | SkipTest | XFailed) or (expected is not None and _is_expected(error, expected)):
            self._set(case, "skipped")
        else:
            tell = explain_script if case.script or isinstance(error, ScriptEnded) else explain
            self._fail(case, tell(error, self.root))
        return True

    def _set(self, case: Case, outcome: str) -> None:
        self.report.outcomes.setdefault(case.id, outcome)

    def _fail(self, case: Case, message: str) -> None:
        self.report.outcomes[case.id] = "failed"
        self.report.failures.append((case.id, message))


def _is_expected(error: BaseException, expected: Xfail) -> bool:
    raises = expected.raises
    if raises is None:
        return True
    if isinstance(raises, AbstractRaises):
        return raises.matches(error)
    return isinstance(error, raises)


def _difference(operator: str, left: object, right: object) -> str | None:
    """How two values differ, as pytest tells it; the rewritten asserts call it."""
    lines = util.assertrepr_compare(
        operator,
        left,
        right,
        verbose=0,
        highlighter=dummy_highlighter,
        assertion_text_diff_style="ndiff",
        truncation_budget=_DIFFERENCE,
    )
    found = list(islice(lines, _DIFFERENCE.max_lines + truncate.TRUNCATION_FOOTER_LINES + 1))
    if len(found) > _DIFFERENCE.max_lines:
        found[_DIFFERENCE.max_lines :] = ["..."]
    text = "\n~".join(line[: _DIFFERENCE.max_chars].replace("\n", "\\n") for line in found)
    return text.replace("%", "%%") or None
