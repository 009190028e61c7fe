"""Two runs side by side: what was changed between them, and what that did to the funnel, the failures and the bill."""

from collections.abc import Mapping
from dataclasses import dataclass

from synth.runs import Runs, RunStatus
from synth.store import Database, funnel
from synth.store.funnel import Usage

_ABSENT = "–"


@dataclass(frozen=True, slots=True)
class Change:
    """A setting, a prompt or an input that differs."""

    what: str
    first: str
    second: str


@dataclass(frozen=True, slots=True)
class Pair:
    """A number of both runs."""

    what: str
    first: float | None
    second: float | None
    """None where it is not known."""
    first_share: float | None = None
    """Of what the stage before let through, 0 to 1 or more; None where there is no such stage."""
    second_share: float | None = None


@dataclass(frozen=True, slots=True)
class Comparison:
    """What differs between two runs."""

    changes: tuple[Change, ...]
    stages: tuple[Pair, ...]
    failures: tuple[Pair, ...]
    """By step and reason, the largest difference first."""
    usage: tuple[Pair, ...]


class Comparing:
    """Compares runs of a workspace."""

    def __init__(self, db: Database, runs: Runs) -> None:
        self._db = db
        self._runs = runs

    def compare(self, first: str, second: str) -> Comparison:
        """Compare two runs. Raises `NotFound`."""
        statuses = self._runs.status(first), self._runs.status(second)
        return Comparison(
            changes=(*self._settings(first, second), *self._prompts(first, second)),
            stages=self._stages(first, second),
            failures=self._failures(first, second),
            usage=(*_pace(*statuses), *self._usage(first, second)),
        )

    def _settings(self, first: str, second: str) -> list[Change]:
        flat = [_flat(self._runs.config(run_id).model_dump(mode="json")) for run_id in (first, second)]
        names = dict.fromkeys([*flat[0], *flat[1]])
        pairs = [(name, flat[0].get(name, _ABSENT), flat[1].get(name, _ABSENT)) for name in names]
        return [Change(*pair) for pair in pairs if pair[1] != pair[2]]

    def _prompts(self, first: str, second: str) -> list[Change]:
        used = [self._hashes(run_id) for run_id in (first, second)]
        names = sorted(used[0].keys() & used[1].keys())
        return [
            Change(f"prompt {name}", used[0][name], used[1][name]) for name in names if used[0][name] != used[1][name]
        ]

    def _hashes(self, run_id: str) -> Mapping[str, str]:
        return {prompt: ", ".join(hashes) for prompt, hashes in funnel.prompt_hashes(self._db, run_id).items()}

    def _stages(self, first: str, second: str) -> tuple[Pair, ...]:
        found = [funnel.funnel(self._db, run_id).stages for run_id in (first, second)]
        shares = [_shares({stage.name: stage.count for stage in stages}) for stages in found]
        return tuple(
            Pair(one.name, one.count, other.count, shares[0].get(one.name), shares[1].get(one.name))
            for one, other in zip(*found, strict=True)
            if one.count or other.count
        )

    def _failures(self, first: str, second: str) -> tuple[Pair, ...]:
        found = [
            {f"{drop.step}: {drop.reason}": drop.count for drop in funnel.funnel(self._db, run_id).drops}
            for run_id in (first, second)
        ]
        names = dict.fromkeys([*found[0], *found[1]])
        pairs = [Pair(name, found[0].get(name, 0), found[1].get(name, 0)) for name in names]
        return tuple(sorted(pairs, key=lambda pair: -abs((pair.second or 0) - (pair.first or 0))))

    def _usage(self, first: str, second: str) -> list[Pair]:
        found = [_by_prompt(funnel.usage(self._db, run_id)) for run_id in (first, second)]
        names = dict.fromkeys([*found[0], *found[1]])
        return [Pair(f"{name}, tokens a call", found[0].get(name), found[1].get(name)) for name in names]


def _flat(value: object, name: str = "") -> dict[str, str]:
    """Settings by their dotted names, as text."""
    if isinstance(value, Mapping) and value:
        found: dict[str, str] = {}
        for key, one in value.items():
            found |= _flat(one, f"{name}.{key}" if name else str(key))
        return found
    return {name: str(value)}


_OF = {
    "tasks made": "subtrees drawn",
    "first drafts": "tasks made",
    "passed at once": "first drafts",
    "repaired": "first drafts",
    "proven": "tasks made",
    "kept": "proven",
    "went on": "instructions evolved",
    "collected": "went on",
    "answered": "collected",
}
"""Stage -> the one that it is a share of."""


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    return {name: counts[name] / counts[of] for name, of in _OF.items() if counts.get(of)}


def _pace(first: RunStatus, second: RunStatus) -> list[Pair]:
    pairs = [Pair("seconds from start to end", _seconds(first), _seconds(second))]
    costs = [sum((spend.cost for spend in run.spend.values()), 0.0) if run.spend else None for run in (first, second)]
    return [*pairs, Pair("cost", *costs)] if any(cost is not None for cost in costs) else pairs


def _seconds(run: RunStatus) -> float | None:
    return run.updated - run.started if run.updated and run.started else None


def _by_prompt(usage: list[Usage]) -> dict[str, float | None]:
    found: dict[str, float | None] = {}
    for one in usage:
        known = one.prompt_tokens is not None and one.completion_tokens is not None and one.calls
        found[one.prompt] = ((one.prompt_tokens or 0) + (one.completion_tokens or 0)) / one.calls if known else None
    return found
