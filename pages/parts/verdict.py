"""A verdict in words: what came of the tests, where they were run, how it was judged, and what the tests are worth."""

import streamlit as st

from pages.parts.code_files import show_text
from pages.parts.text import counted, plain, short
from synth.records import Failure, Proof, TestsChange, Verdict

_MOST_OUTPUT = 20_000
_MOST_FAILURES = 6
"""With a box of their own; the others share one."""
_MOST_WHY = 300
_OUTCOMES = {
    "passed": "passed",
    "failed": "failed",
    "error": "ended in an error",
    "timeout": "ran out of time",
    "memory_limit": "ran out of memory",
    "output_limit": "printed too much",
    "tampered": "meddled with its own tests",
    "not_collected": "no test was found",
    "infra_error": "the sandbox itself failed",
}
_LEVELS = {
    "strong": "isolated",
    "container": "isolated by a container",
    "wasm": "isolated in WebAssembly",
    "partial": "isolated in part only",
    "none": "not isolated",
}
_AMBER = ("container", "wasm", "partial")
_GRADES = {
    "A-split": "judged apart: the solution never saw the tests",
    "B-canary": "judged in one process, with altered tests that had to fail as proof",
    "C-counted": "judged in one process, every test accounted for, but not every one could be altered as proof",
}


def verdict_words(verdict: Verdict) -> str:
    """What came of the tests, as a sentence."""
    tests = verdict.tests
    if verdict.outcome == "passed" and tests.passed == tests.collected:
        said = counted(tests.passed, "test")
    else:
        named = ((tests.passed, "passed"), (tests.failed, "failed"), (tests.skipped, "skipped"))
        said = ", ".join(
            [counted(tests.collected, "test"), *(f"{number:,} {word}" for number, word in named if number)]
        )
    peak = f", {verdict.peak_mb:,.0f} MiB at most" if verdict.peak_mb is not None else ""
    doubt = f" Not proven: {verdict.doubt}." if verdict.outcome == "passed" and verdict.doubt else ""
    return f"{_OUTCOMES[verdict.outcome]}: {said} in {verdict.seconds:.1f} s{peak}.{doubt}"


def isolation_words(verdict: Verdict) -> str:
    """Where it was run, and how it was judged."""
    where = f"{verdict.backend}, {verdict.level}"
    said = [f"{_LEVELS.get(verdict.level, 'isolated in a way that is not known here')} ({where})"]
    if verdict.grade is not None:
        said.append(_GRADES[verdict.grade])
    if verdict.why:
        said.append(f"because {short(verdict.why, _MOST_WHY)}")
    return " · ".join(said)


def worth_words(verdict: Verdict) -> str:
    """What the tests are worth; empty where nothing was tried."""
    said = _proof_words(verdict.proof) if verdict.proof is not None else []
    if verdict.flaky is not None:
        said.append(
            "flaky: another order of tests and hash seed gave another verdict"
            if verdict.flaky
            else "the same verdict with another order of tests and hash seed"
        )
    return " · ".join(said)


def _proof_words(proof: Proof) -> list[str]:
    said = []
    if proof.mutants:
        said.append(f"tests caught {proof.killed:,} of {counted(proof.mutants, 'mutant')}")
    if proof.stub is not None:
        done = {"passed": "pass for", "infra_error": "could not be tried on"}.get(proof.stub, "fail for")
        said.append(f"they {done} a solution that does nothing")
    if proof.idle:
        said.append(f"{counted(len(proof.idle), 'test')} caught nothing")
    return said


def show_verdict(verdict: Verdict | None, change: TestsChange | None = None) -> None:
    """The sentences, the failures, and what the program printed; `change` is why the tests are not the first ones."""
    if change is not None:
        show_change(change)
    if verdict is None:
        st.info("Not run: there is no verdict on this attempt.", icon=":material/help:")
        return
    show, icon = (st.success, "verified") if verdict.proven else (st.warning, "report")
    if verdict.level == "none":
        show, icon = st.error, "gpp_bad"
    show(plain(verdict_words(verdict)), icon=f":material/{icon}:")
    isolation = plain(isolation_words(verdict))
    if verdict.level in _AMBER:
        st.markdown(f":small[:orange[:material/shield: {isolation}]]")  # a caption would be too pale
    else:
        st.caption(isolation)
    if worth := worth_words(verdict):
        st.caption(plain(worth))
    _show_failures(verdict.failures)
    idle = verdict.proof.idle if verdict.proof is not None else ()
    for name, text, mark in (
        ("Tests that caught nothing", "\n".join(idle), "rule"),
        ("Standard output", verdict.stdout[-_MOST_OUTPUT:], "terminal"),
        ("Standard error", verdict.stderr[-_MOST_OUTPUT:], "terminal"),
    ):
        if text.strip():
            with st.expander(name, icon=f":material/{mark}:"):
                show_text(text)


def show_change(change: TestsChange) -> None:
    """That the tests were corrected, and why."""
    files = ", ".join(change.files)
    st.info(plain(f"tests corrected: {change.reason} ({files})"), icon=":material/balance:")
    for test, reason in change.dropped:
        st.caption(plain(f"dropped {test}: {reason}"))


def _show_failures(failures: tuple[Failure, ...]) -> None:
    for failure in failures[:_MOST_FAILURES]:
        with st.expander(plain(short(failure.test, 160)) or "a test", icon=":material/close:"):
            show_text(failure.message)
    others = failures[_MOST_FAILURES:]
    if others:
        with st.expander(f"{counted(len(others), 'more failure')}", icon=":material/close:"):
            show_text("\n\n".join(f"{failure.test}\n{failure.message}" for failure in others))
