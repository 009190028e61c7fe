"""What a run will come to before anything is paid, and afterwards how far off that was.

Questions are counted from the config and what past items needed; tokens are those of earlier questions to the same
model, else to others, else bounded by the length of the questions and the most that a reply may have.
"""

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import ValidationError

from synth.ask import STEP_OF
from synth.errors import BadConfig
from synth.models.ledger import Event, read_calls, sum_calls
from synth.prices import currency, price_of
from synth.prompts import Prompts
from synth.records import Spend
from synth.records.base import Frozen
from synth.runs import Runs
from synth.settings import STEPS, Engine, Price, RunConfig, StepName
from synth.store import Database
from synth.tree.columns import FeatureTree
from synth.workspace.bounds import MOST_TOKENS, USUAL_MOST, Bounds
from synth.workspace.expected import (
    Amount,
    Amounts,
    Basis,
    Range,
    RunEstimate,
    StepEstimate,
    at_most,
    exactly,
    in_words,
    mean_of,
    times,
)
from synth.workspace.measured import Asked, Measured, Meter
from synth.workspace.numbered import Numbered

__all__ = ["Amounts", "Estimating", "HowFarOff", "Range", "RunEstimate", "StepEstimate", "StepOff", "in_words"]

FILE = "estimate.json"
"""Of a run folder: what was expected when it began."""
PILOT_ROOTS = 2
"""Trees of evolution in a pilot: their diversity needs another one."""
_RARE = 1.0
"""Items of which fewer than so many are expected need not be measured."""
_LIKE = {"review_tests": ("repair_solution", "solve_task"), "repair_solution": ("review_tests", "solve_task")}
"""Prompts whose questions and replies are about as long."""
_BASES: tuple[Basis, ...] = ("measured", "other models", "bound")
_PROMPTS = tuple(STEP_OF)


class StepOff(Frozen):
    """One step: what was expected, and what it came to."""

    step: str
    expected: Amounts | None
    """None where no question was expected, or the run has no estimate."""
    actual: Spend
    saved: float
    """What the answers taken from the workspace's replies would have cost: no estimate knows of them."""
    calls_off: float | None
    """Actual over expected, with those answers; 1 = as expected. None where one of them is not known."""
    cost_off: float | None
    """As `calls_off`, of the money, with what was saved."""
    inside: bool | None
    """Whether the money, with what was saved, is within the range that was told; None where it is not known."""


class HowFarOff(Frozen):
    """What was expected of a run and what it came to, by step and in all."""

    run_id: str
    estimate: RunEstimate | None
    """None in runs from before there were estimates."""
    steps: tuple[StepOff, ...]
    total: StepOff


@dataclass(slots=True)
class _Sum:
    """Of one step or all, while prompts are added up."""

    calls: Amount = field(default_factory=Amount)
    given: Amount = field(default_factory=Amount)
    written: Amount = field(default_factory=Amount)
    cost: Amount = field(default_factory=Amount)
    basis: Basis = "measured"
    rests_on: int = 0

    def add(self, other: "_Sum") -> None:
        self.calls += other.calls
        self.given += other.given
        self.written += other.written
        self.cost += other.cost
        self.basis = max(self.basis, other.basis, key=_BASES.index)
        self.rests_on += other.rests_on

    def ranges(self) -> dict[str, Range]:
        return {
            "calls": self.calls.range(),
            "input_tokens": self.given.range(),
            "output_tokens": self.written.range(),
            "cost": self.cost.range(),
        }


class Estimating:
    """Estimates of one workspace's runs."""

    def __init__(
        self,
        db: Database,
        runs: Runs,
        prompts: Path,
        tree: Callable[[], FeatureTree],
        prices: Callable[[], Mapping[str, Price]],
    ) -> None:
        """`prompts`: folder of the workspace's own; `prices`: a person's own."""
        self._runs = runs
        self._prompts = prompts
        self._tree = tree
        self._prices = prices
        self._meter = Meter(db, runs.folder)
        self._numbered = Numbered(db, prompts)

    def estimate(self, config: RunConfig, pilot: str | None = None) -> RunEstimate:
        """What a run of this config will come to. `pilot`: a small run of it, whose numbers go before those of others.

        Nothing is asked and nothing stored. Raises `PromptError` for a prompt that cannot be used.
        """
        measured = self._meter.measure()
        if pilot is not None:
            measured = Measured(measured.items | self._meter.measure(pilot).items)
        reading = self._numbered.reading(config)
        bounds = Bounds(config, Prompts(self._prompts), self._tree(), reading.codes)
        prices = self._prices()
        sums: dict[StepName, _Sum] = {}
        for prompt, items in self._numbered.items(config, reading, pilot).items():
            found = _one_prompt(prompt, items, config, measured, bounds, prices)
            sums.setdefault(STEP_OF[prompt], _Sum()).add(found)
        return self._told(config, sums, prices, pilot)

    def pilot_of(self, config: RunConfig, count: int) -> RunConfig:
        """The config of a small run that tells what this one will come to: so many of everything, or fewer."""
        few = {
            "seeds": config.seeds.model_copy(update={"limit": min(count, config.seeds.limit or count), "coreset": 0}),
            "extract": config.extract.model_copy(
                update={
                    "demonstration_rounds": min(1, config.extract.demonstration_rounds),
                    "pre_extract": min(count, config.extract.pre_extract),
                }
            ),
            "grow": config.grow.model_copy(update={"steps": min(count, config.grow.steps)}),
            "sample": config.sample.model_copy(update={"count": min(count, config.sample.count)}),
            "evolve": config.evolve.model_copy(update={"roots": min(count, PILOT_ROOTS, config.evolve.roots)}),
            "name": f"{config.name[:70]} pilot",
        }
        return config.model_copy(update=few)

    def keep(self, run_id: str, estimate: RunEstimate) -> None:
        """Freeze what is expected of a run into its folder."""
        (self._runs.path(run_id) / FILE).write_text(estimate.model_dump_json(indent=1), encoding="utf-8")

    def kept(self, run_id: str) -> RunEstimate | None:
        """What was expected of a run when it began; None where nothing was kept. Raises `NotFound` or `BadConfig`."""
        path = self._runs.path(run_id) / FILE
        try:
            return RunEstimate.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return None
        except (OSError, ValidationError) as error:
            raise BadConfig(
                f"{path} cannot be read as an estimate: {error}. Delete it: the run does not need it."
            ) from error

    def spent(self, run_id: str) -> dict[str, Spend]:
        """What a run has come to so far, by step, from its ledgers. Raises `NotFound`."""
        return sum_calls(read_calls(self._runs.path(run_id)))

    def compared(self, run_id: str) -> HowFarOff:
        """How far off the estimate of a run was, or is so far. Raises `NotFound` or `BadConfig`."""
        estimate = self.kept(run_id)
        saved: dict[str, float] = defaultdict(float)

        def noting_saved() -> Iterator[Event]:
            for event in read_calls(self._runs.path(run_id)):
                saved[event["step"]] += event.get("saved") or 0.0
                yield event

        spent = sum_calls(noting_saved())
        expected = {one.step: one for one in estimate.steps} if estimate else {}
        names = [step for step in STEPS if step in expected or step in spent]
        return HowFarOff(
            run_id=run_id,
            estimate=estimate,
            steps=tuple(_off(step, expected.get(step), spent.get(step, Spend()), saved[step]) for step in names),
            total=_off("total", estimate, sum(spent.values(), Spend()), sum(saved.values())),
        )

    def _told(
        self, config: RunConfig, sums: Mapping[StepName, _Sum], prices: Mapping[str, Price], pilot: str | None
    ) -> RunEstimate:
        whole = _Sum()
        steps = []
        for step in (step for step in STEPS if step in sums):
            whole.add(sums[step])
            steps.append(_told_step(step, config.engine_of(step), sums[step]))
        return RunEstimate(
            **whole.ranges(),
            steps=tuple(steps),
            currency=currency(),
            free=all(one.engine == "offline" for one in steps),
            seconds=self._seconds(config, sums),
            pilot=pilot,
            notes=_notes(config, steps, prices),
            at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        )

    def _seconds(self, config: RunConfig, sums: Mapping[StepName, _Sum]) -> float | None:
        """Time that the run will take, at the pace of the latest finished one with the same engine."""
        for run_id in reversed(self._runs.ids()):
            if self._runs.config(run_id).engine != config.engine:
                continue
            status = self._runs.status(run_id)
            rates = {step.step.split(" round")[0]: step.rate for step in status.steps}
            wanted = {
                "extract": sums["extract"].calls.mean if "extract" in sums else 0.0,
                "grow": float(config.grow.steps),
                "samples": float(config.sample.count),
                "evolve": sums["evolve"].calls.mean if "evolve" in sums else 0.0,
                "answer": sums["answer"].calls.mean if "answer" in sums else 0.0,
            }
            paces = [(number, rates.get(name)) for name, number in wanted.items() if number]
            if status.state == "finished" and all(rate for _, rate in paces):
                return sum(number / (rate or 1.0) for number, rate in paces)
        return None


def _one_prompt(
    prompt: str, items: Amount, config: RunConfig, measured: Measured, bounds: Bounds, prices: Mapping[str, Price]
) -> _Sum:
    """What one prompt's questions come to."""
    step = STEP_OF[prompt]
    engine = config.engine_of(step)
    past, same = measured.of(prompt, engine.model)
    known = _known(past)
    future, salt = max(items.mean, items.bound), 10 * _PROMPTS.index(prompt)
    calls = times(items, mean_of([one.calls for one in past], future, salt) if past else exactly(1.0))
    if engine.kind == "offline":
        nothing = Amount(unknown=True) if not known else Amount()
        return _Sum(calls, nothing, nothing, Amount(), "measured", len(known))
    price = price_of(engine.model, prices)
    if not known and not items.bounded and items.mean < _RARE:
        # What hardly ever comes must not make a bound of the whole: it is taken to be like what is nearest to it.
        nearest = (_known(measured.of(like, engine.model)[0]) for like in _LIKE.get(prompt, ()))
        known, same = next((found for found in nearest if found), []), True
    if known:
        return _Sum(
            calls,
            times(items, mean_of([one.input_tokens for one in known], future, salt + 1)),
            times(items, mean_of([one.output_tokens for one in known], future, salt + 2)),
            _priced(items, price, [_cost(price, one, config.batch) for one in known], future, salt + 3),
            "measured" if same else "other models",
            sum(one.calls for one in known),
        )
    own = config.models.get(step)
    bound = bounds.of(prompt, (own and own.max_tokens) or MOST_TOKENS.get(prompt, USUAL_MOST))
    number = max(items.mean, items.bound)
    given, written = number * bound.input_tokens, number * bound.output_tokens
    money = Amount(unknown=True)
    if price is not None:
        money = at_most(price.cost(round(given), None, round(written), batch=config.batch))
    return _Sum(calls, at_most(given), at_most(written), money, "bound")


def _known(past: list[Asked]) -> list[Asked]:
    """Those whose tokens are known of every call."""
    return [one for one in past if one.measured == one.calls > 0]


def _priced(items: Amount, price: Price | None, costs: list[float], future: float, salt: int) -> Amount:
    return Amount(unknown=True) if price is None else times(items, mean_of(costs, future, salt))


def _cost(price: Price | None, asked: Asked, batch: bool) -> float:
    if price is None:
        return 0.0
    return price.cost(asked.input_tokens, asked.cached_tokens, asked.output_tokens, batch=batch)


def _told_step(step: StepName, engine: Engine, found: _Sum) -> StepEstimate:
    return StepEstimate(
        **found.ranges(), step=step, model=engine.model, engine=engine.kind, basis=found.basis, rests_on=found.rests_on
    )


def _notes(config: RunConfig, steps: list[StepEstimate], prices: Mapping[str, Price]) -> tuple[str, ...]:
    said = []
    paid = [one for one in steps if one.engine != "offline"]
    without = sorted({f"`{one.model}`" for one in paid if price_of(one.model, prices) is None})
    if without:
        said.append(f"No price is known for {', '.join(without)}; give one in Settings or with `synth prices set`.")
    if bounded := [one.step for one in paid if one.basis == "bound"]:
        said.append(
            f"Nothing was measured yet for {', '.join(bounded)}: these numbers are the most that it can come to, every "
            "question put twice and every reply as long as it may be. A pilot tells more."
        )
    if others := [one.step for one in paid if one.basis == "other models"]:
        said.append(f"The tokens of {', '.join(others)} are those that other models took.")
    if paid and not without:
        said.append("Shipped prices are the vendors' lists of a given day; check them before you rely on them.")
    if config.batch and paid:
        said.append("Prices are those of the batch interface.")
    return tuple(said)


def _off(step: str, expected: Amounts | None, actual: Spend, saved: float) -> StepOff:
    calls, cost = (expected.calls, expected.cost) if expected else (Range(), Range())
    money = None if actual.money is None else actual.money + saved
    inside: bool | None = None
    if cost.high is not None and money is not None:
        inside = (cost.low or 0.0) <= money <= cost.high
    return StepOff(
        step=step,
        expected=None
        if expected is None
        else Amounts(**{name: getattr(expected, name) for name in Amounts.model_fields}),
        actual=actual,
        saved=saved,
        calls_off=(actual.calls + actual.hits) / calls.mean if calls.mean else None,
        cost_off=money / cost.mean if cost.mean and money is not None else None,
        inside=inside,
    )
