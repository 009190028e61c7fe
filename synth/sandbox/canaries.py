"""Rounds of one suite in which some assertions are altered so that an honest run must fail their tests.

A solution that shares a process with its tests can forge their report, and lie to their assertions, but it cannot know
which of them should fail: each round alters another random part, every round runs in a process of its own, and what is
altered looks like what was written. Each assertion is altered alone in some round, so that a lie about it shows.
`finding` finds the tests, `asserting` their assertions, `twists` alters one; this module draws the rounds.
"""

import random
from collections.abc import Sequence, Set
from dataclasses import dataclass
from functools import cached_property

from synth.records import CodeFile
from synth.sandbox.asserting import Assertion
from synth.sandbox.finding import Site, find
from synth.sandbox.source import Edit, edited, parse
from synth.sandbox.twists import Twister

_LEAST_ROUNDS, _MOST_ROUNDS = 5, 14
_LEAST_ALTERED = 3
"""Of the rounds: how many alter a test at least."""
_LEAST_KEPT = 2
"""Of the rounds: how many leave a test as it is, at least. With the run as written, a test is to pass in three runs and
to fail in three: a forger who cannot tell them apart is right 1 time in 64 at best."""
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the whole suite."""

    tests: tuple[CodeFile, ...]
    altered: frozenset[str]
    """Ids of tests that an honest run must fail."""
    kept: frozenset[str]
    """Ids of tests that are as they were written in this round."""


@dataclass(frozen=True)
class Plan:
    """The rounds, and the tests about which they do not say all. Ids are `path::Class::test`, without parameters.

    A test with parameters may have others in a round that alters it. Tests that are always skipped, or meant to fail,
    stand nowhere.
    """

    rounds: tuple[Round, ...]
    bare: frozenset[str]
    """Tests with an assertion that no round alters and whose value was not recorded either, or without any."""
    settled: frozenset[str]
    """Tests of which each assertion has recorded what it should; no round alters them."""

    @cached_property
    def alterable(self) -> frozenset[str]:
        """Every test that some round alters."""
        return frozenset().union(*(round_.altered for round_ in self.rounds))


def plan_rounds(
    tests: Sequence[CodeFile], runnable: Sequence[str], chance: random.Random, proven: Set[int] = frozenset()
) -> Plan:
    """Draw the rounds for test files, of which those at the paths `runnable` are run.

    proven: numbers, as `holding.hold` counts them for the same files, of the assertions whose values were recorded and
    are right; these need not be altered.

    A test with others is altered in three rounds or more, each of its assertions alone in at least one of them, and
    kept in two or more. Where no test is altered, there is no round. Files that Python could not parse stay as they
    are. Never raises.
    """
    found = [site for site in find(tests, runnable) if not site.helper]
    twisters = {site.source.path: Twister(site.source) for site in found}
    sites = [_Altered(site, twisters[site.source.path]) for site in found]
    for one in sites:
        one.open = one.alterable(proven)
    for path in {one.path for one in sites}:
        _drop_unfit([one for one in sites if one.path == path])
    most = max((len(one.open) for one in sites), default=0)
    number = min(max(_LEAST_ROUNDS, most + _LEAST_KEPT), _MOST_ROUNDS) if most else 0
    for one in sites:
        one.draw(number, chance)
    bare = {id_ for one in sites for id_ in one.site.ids if one.left(proven)}
    settled = {id_ for one in sites if not one.open for id_ in one.site.ids if id_ not in bare}
    rounds = tuple(_make_round(tests, sites, place, settled, chance) for place in range(number))
    return Plan(rounds, frozenset(bare), frozenset(settled))


class _Altered:
    """A definition of tests, and which of its assertions is altered when."""

    def __init__(self, site: Site, twister: Twister) -> None:
        self.site = site
        self._twister = twister
        self.path = site.source.path
        self.open: list[Assertion] = []
        self.rounds: list[Assertion | None] = []
        """For each round the assertion that is altered."""

    def alterable(self, proven: Set[int]) -> list[Assertion]:
        """The assertions that are not proven and, altered, certainly make the test fail."""
        certain = [one for one in self.site.own if self.site.fixed and one.times and one.number not in proven]
        return [one for one in certain if self.alter(one, random.Random(0))]

    def alter(self, assertion: Assertion | None, chance: random.Random) -> list[Edit]:
        """The edits that do."""
        return self._twister.twist(assertion, self.site.owner, chance) if assertion else []

    def draw(self, number: int, chance: random.Random) -> None:
        """Choose from so many rounds."""
        most = number - _LEAST_KEPT
        chosen = chance.sample(self.open, min(len(self.open), max(most, 0)))
        while chosen and len(chosen) < _LEAST_ALTERED:
            chosen.append(chance.choice(self.open))
        self.rounds = [*chosen, *[None] * (number - len(chosen))]
        chance.shuffle(self.rounds)

    def left(self, proven: Set[int]) -> bool:
        """Whether an assertion is neither proven nor altered, or there is none at all."""
        every = [*self.site.own, *self.site.others]
        return not every or any(one.number not in proven and one not in self.rounds for one in every)


def _drop_unfit(sites: Sequence[_Altered]) -> None:
    """Of one file: leave those definitions as they are that would not be Python any more, altered."""
    if not sites or _is_fit(sites):
        return
    if len(sites) == 1:
        sites[0].open = []
        return
    middle = len(sites) // 2
    _drop_unfit(sites[:middle])
    _drop_unfit(sites[middle:])


def _is_fit(sites: Sequence[_Altered]) -> bool:
    """Whether the file is a program still when all of their assertions are altered, but for edits in the same place."""
    every = [edit for one in sites for each in one.open for edit in one.alter(each, random.Random(0))]
    apart: list[Edit] = []
    for edit in sorted(every, key=lambda edit: (edit.start, edit.end)):
        if not apart or edit.start > apart[-1].end:
            apart.append(edit)
    return not apart or parse(edited(sites[0].site.source.text, apart).removeprefix(_MARK)) is not None


def _make_round(
    tests: Sequence[CodeFile], sites: Sequence[_Altered], place: int, settled: Set[str], chance: random.Random
) -> Round:
    edits: dict[str, list[Edit]] = {}
    altered: set[str] = set()
    kept = set(settled)
    for one in sites:
        found = one.alter(one.rounds[place], chance)
        edits.setdefault(one.path, []).extend(found)
        (altered if found else kept if one.open else set()).update(one.site.ids)
    return Round(
        tests=tuple(file.model_copy(update={"text": edited(file.text, edits.get(file.path, ()))}) for file in tests),
        altered=frozenset(altered),
        kept=frozenset(kept),
    )
