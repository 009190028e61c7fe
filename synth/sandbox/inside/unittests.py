"""Runs one test of a unittest class with unittest's own machinery, and says what was raised."""

import inspect
from collections.abc import Sequence
from contextlib import suppress
from typing import Any
from unittest import IsolatedAsyncioTestCase, SkipTest, TestCase, TestLoader

from _pytest.outcomes import Failed, XFailed

UNAWAITED = "an asynchronous test of a class that does not await it: use IsolatedAsyncioTestCase"


def is_case(value: type) -> bool:
    """Whether it is a unittest class."""
    return issubclass(value, TestCase)


def case_names(cls: type[TestCase]) -> Sequence[str]:
    """The names of its test methods, in unittest's order; `runTest` where it has no other."""
    return TestLoader().getTestCaseNames(cls) or (["runTest"] if hasattr(cls, "runTest") else [])


def run_case(cls: type[TestCase], method: str) -> list[BaseException]:
    """Run one test method with its set-up, tear-down and cleanups.

    Returns:
        What was raised: failures of the test and of its subtests, `SkipTest`, `XFailed` for an expected failure, and
        `Failed` where an expected failure did not come.
    """
    if is_unawaited(cls, method):
        return [Failed(UNAWAITED)]
    result = _Result()
    cls(method)(result)  # type: ignore[arg-type]
    return result.raised


def is_unawaited(cls: type, method: str) -> bool:
    """Whether it is an asynchronous test that its class does not await, so that nothing of it would run."""
    return inspect.iscoroutinefunction(getattr(cls, method, None)) and not issubclass(cls, IsolatedAsyncioTestCase)


class _Result:
    """What `TestCase.run` tells, as a list."""

    failfast = False
    shouldStop = False

    def __init__(self) -> None:
        self.raised: list[BaseException] = []

    def startTest(self, test: TestCase) -> None: ...

    def stopTest(self, test: TestCase) -> None: ...

    def addSuccess(self, test: TestCase) -> None: ...

    def addDuration(self, test: TestCase, elapsed: float) -> None: ...

    def addError(self, test: TestCase, error: tuple[Any, BaseException, Any]) -> None:
        self.raised.append(error[1])

    addFailure = addError

    def addSkip(self, test: TestCase, reason: str) -> None:
        self.raised.append(SkipTest(reason))

    def addExpectedFailure(self, test: TestCase, error: tuple[Any, BaseException, Any]) -> None:
        self.raised.append(XFailed("expected"))

    def addUnexpectedSuccess(self, test: TestCase) -> None:
        self.raised.append(Failed("Unexpected success"))

    def addSubTest(self, test: TestCase, subtest: TestCase, error: tuple[Any, BaseException, Any] | None) -> None:
        if error is not None:
            with suppress(Exception):
                error[1].add_note(f"in the subtest {str(subtest)[:200]}")
            self.raised.append(error[1])
