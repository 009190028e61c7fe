"""Runs test files in this process and says what came of each test: the fast way (`plain`), or with pytest."""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import PurePosixPath

from synth.sandbox.inside import plain, with_pytest
from synth.sandbox.inside.messages import explain
from synth.sandbox.inside.plainness import not_plain
from synth.sandbox.inside.report import Report
from synth.sandbox.inside.scripts import explain_asserts, is_script
from synth.sandbox.inside.sources import Source, read_source


def preload() -> None:
    """Import all that runs need, once, before the process is forked and before anything of a job is there."""
    with_pytest.preload()


def run_suite(
    root: str,
    tests: Sequence[str],
    *,
    order: int | None = None,
    before_each: Callable[[], None] | None = None,
    conftests: Sequence[str] = (),
    fast: bool = True,
    explained: bool = True,
) -> Report:
    """Run the test files `tests`, paths relative to `root`, and report; ids are pytest's.

    Args:
        root: The job's folder, which is the working folder.
        tests: Files that hold tests.
        order: Seed of a random order; None for the order in which they are written.
        before_each: Called before each test is set up.
        conftests: The `conftest.py` files that belong to the tests; others are not used.
        fast: False to use pytest for plain files too.
        explained: False to leave out of messages what the values were, which takes a good part of the time.

    A process that the tests forked and left to go on is ended, so only one process returns. What tests raise is in the
    report; `Report.complete` is True only where the run came to its regular end.
    """
    preload()
    explain_asserts(explained)
    root = os.path.realpath(root)
    tests = list(dict.fromkeys(str(PurePosixPath(test)) for test in tests))
    folders = dict.fromkeys(str(PurePosixPath(root, test).parent) for test in tests)
    sys.path[:0] = [root, *(folder for folder in folders if folder != root)]
    sys.argv[:] = ["pytest"]
    try:
        sources = [read_source(root, test) for test in tests]
    except OSError as error:
        return Report(errors=[("tests", explain(error, root))], complete=True)
    if fast and not conftests and all(map(_is_plain, sources)):
        try:
            report = plain.run(root, sources, order=order, before_each=before_each)
        except plain.NotPlain:
            _forget(sources)
        else:
            report.explained = explained
            return report
    return with_pytest.run(root, tests, order=order, before_each=before_each, conftests=conftests, explained=explained)


def _is_plain(source: Source) -> bool:
    nodes = source.nodes
    return is_script(nodes) or not_plain(nodes, any_mark=not with_pytest.has_plugins()) is None


def _forget(sources: Sequence[Source]) -> None:
    """Let test files be imported anew."""
    paths = {source.path for source in sources}
    for name, module in list(sys.modules.items()):
        if getattr(module, "__file__", None) in paths:
            del sys.modules[name]
