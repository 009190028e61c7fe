"""The real sandbox for tests, and short ways to give it jobs."""

import os
import shutil
from collections.abc import Mapping
from textwrap import dedent

import pytest

from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, Limits, Sandbox
from synth.sandbox.choose import choose_sandbox, install_command


@pytest.fixture(scope="session")
def sandbox() -> Sandbox:
    """The sandbox of this machine. Where bubblewrap is missing the test is skipped, but never in CI."""
    if shutil.which("bwrap") is None and not os.environ.get("CI"):
        pytest.skip(f"bubblewrap is missing: {install_command()}")
    return choose_sandbox()


def files(texts: Mapping[str, str]) -> tuple[CodeFile, ...]:
    """Code files from paths and texts; the texts may be indented as the test is."""
    return tuple(CodeFile(path=path, text=dedent(text)) for path, text in texts.items())


def run(
    sandbox: Sandbox,
    test: str | Mapping[str, str],
    code: Mapping[str, str] | None = None,
    limits: Limits | None = None,
    packages: tuple[str, ...] = (),
) -> JobResult:
    """Run one job; a `test` that is a text is the only test file, `test_it.py`."""
    tests = {"test_it.py": test} if isinstance(test, str) else test
    return sandbox.verify(Job(files(code or {}), files(tests), packages, limits or Limits()))
