"""What a level of isolation counts for: proven or not, in words, and on the card."""

import pytest

from pages.parts.verdict import isolation_words, verdict_words
from synth.export.card import Tally
from synth.records import TestCounts, Verdict

DOUBTS = {
    "strong": "",
    "container": "",
    "wasm": "",
    "partial": "run with partial isolation only",
    "none": "run without isolation",
}


def passed(level: str) -> Verdict:
    """A verdict of that level without any other doubt."""
    counts = TestCounts(collected=1, passed=1)
    return Verdict(
        id="verdict",
        solution_id="solution",
        outcome="passed",
        tests=counts,
        failures=(),
        exit_code=0,
        seconds=0.1,
        peak_mb=10.0,
        stdout="",
        stderr="",
        backend="a backend",
        level=level,
    )


@pytest.mark.parametrize(("level", "doubt"), DOUBTS.items())
def test_what_was_isolated_in_part_or_not_at_all_is_not_proven(level: str, doubt: str) -> None:
    verdict = passed(level)
    assert (verdict.doubt, verdict.proven) == (doubt, not doubt)
    assert doubt in verdict_words(verdict)


def test_each_level_has_words_of_its_own() -> None:
    words = {level: isolation_words(passed(level)) for level in (*DOUBTS, "a level of the future")}
    assert words["container"] == "isolated by a container (a backend, container)"
    assert len(set(words.values())) == len(words)
    assert "not known here" in words["a level of the future"]


def test_the_card_names_the_weakest_level() -> None:
    tally = Tally()
    levels = ("strong", "container", "wasm", "partial", "none")
    for level in levels:
        tally.sandboxes["a backend", level, "A-split"] += 1
        assert tally.weakest == level
    assert [tally.at_level(level) for level in levels] == [1] * len(levels)
