"""What n tasks will come to with a model: from what past tasks of the workspace used, and the price kept for it.

A past task counts with every call that left a record: the task, its first solution, each repair, a ruling about its
tests. What an endpoint did not say how much it used is left out, never taken for 0; what ended early left no record and
is not in it.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from synth.prices import is_called, price_of
from synth.records import Made, Record
from synth.settings import Engine, Price
from synth.store import Database
from synth.store.database import ASKED_FOR
from synth.store.uses import ModelUse

_RESAMPLES = 400
_LEAST = 5
"""Past tasks from which a range can be told."""
_BOUNDS = (10, 90)
_MILLION = 1_000_000


@dataclass(frozen=True, slots=True)
class Spent:
    """What one past task used, repairs included."""

    model: str
    """As the endpoint named it in the reply that made the task."""
    calls: int
    """Those that left a record; a second try after a reply that did not parse is in the tokens only."""
    input_tokens: int | None
    """None where an endpoint did not say so of one of the calls."""
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Expected:
    """A number for all n tasks, and between what it will probably lie: the 10th and the 90th percentile.

    They come from a bootstrap of the mean of the past tasks, widened by how n tasks scatter around a mean; None where
    fewer than five tasks were measured.
    """

    mean: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """What n tasks will come to; None is what is not known, and `reason` says why."""

    tasks: int
    calls: Expected | None
    input_tokens: Expected | None
    output_tokens: Expected | None
    cost: Expected | None
    """In the currency of the prices."""
    rests_on: int
    """Past tasks behind the tokens and the cost; behind the calls where no usage is known."""
    of_this_model: bool
    """Whether those were made by this very model; otherwise by any."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Worth:
    """What was spent; `money` is None where it is not known, and `reason` says why, or what is not in it."""

    money: float | None
    """In the currency of the prices."""
    reason: str = ""


class _TaskUse(Record):
    kind: ClassVar[str] = "task"
    made: Made


class _SolutionUse(Record):
    kind: ClassVar[str] = "solution"
    task_id: str
    made: Made


class _RulingUse(Record):
    kind: ClassVar[str] = "ruling"
    task_id: str
    made: Made


def spending(db: Database) -> list[Spent]:
    """What every task that got as far as a solution used, by id."""
    calls: dict[str, list[Made]] = defaultdict(list)
    for solution in db.records(_SolutionUse, f"{ASKED_FOR} order by task_id, id"):
        calls[solution.task_id].append(solution.made)
    for ruling in db.records(_RulingUse, "true order by task_id, id"):
        calls[ruling.task_id].append(ruling.made)
    return [_spent(task.made, calls[task.id]) for task in db.records(_TaskUse, "true order by id") if task.id in calls]


def worth(used: Sequence[ModelUse], prices: Mapping[str, Price]) -> Worth:
    """What models took for what they were sent and wrote; the offline engine takes nothing.

    A price is kept by the name that is asked for, endpoints answer with it or a dated one; `prices` go before the
    shipped ones.
    """
    paid = [one for one in used if one.engine != "offline"]
    priced = {one.model: price for one in paid if (price := price_of(one.model, prices)) is not None}
    without = [f"`{one.model}`" for one in paid if one.model not in priced]
    if without:
        return Worth(None, f"no price is kept for {', '.join(without)}; the panel Sample takes it.")
    unknown = sum(one.unknown for one in paid)
    if unknown and not any(one.tokens_in or one.tokens_out for one in paid):
        return Worth(None, "no record says how many tokens were used.")
    total = sum(
        one.tokens_in * priced[one.model].input + one.tokens_out * priced[one.model].output for one in paid
    )  # fmt: skip
    return Worth(total / _MILLION, f"{unknown:,} records do not say how many tokens they took." if unknown else "")


def estimate(spent: Sequence[Spent], tasks: int, engine: Engine, prices: Mapping[str, Price]) -> Estimate:
    """What so many tasks will come to with an engine's model.

    It rests on the past tasks of that model where there are any, else on those of all models. The offline engine
    costs nothing.
    """
    own = [one for one in spent if is_called(one.model, engine.model)]
    chosen = own or list(spent)
    known = [(one.calls, one.input_tokens, one.output_tokens) for one in chosen if _is_known(one)]
    table = np.array(known, np.float64).reshape(-1, 3)
    counted = _expect(table[:, 0] if len(table) else [one.calls for one in chosen], tasks)
    inputs, outputs = _expect(table[:, 1], tasks), _expect(table[:, 2], tasks)
    cost, reason = None, ""
    price = price_of(engine.model, prices)
    if engine.kind == "offline":
        cost = Expected(0.0, 0.0, 0.0)
        reason = "" if len(table) else "the offline engine counts no tokens."
    elif not len(table):
        reason = _unmeasured(len(chosen))
    elif price is None:
        reason = f"no price is kept for `{engine.model}`; give what a million tokens cost."
    else:
        cost = _expect((table[:, 1] * price.input + table[:, 2] * price.output) / _MILLION, tasks)
    return Estimate(tasks, counted, inputs, outputs, cost, len(table) or len(chosen), bool(own), reason)


def _spent(made: Made, solutions: Iterable[Made]) -> Spent:
    calls = [made, *solutions]
    return Spent(
        model=made.model,
        calls=len(calls),
        input_tokens=_total([one.prompt_tokens for one in calls]),
        output_tokens=_total([one.completion_tokens for one in calls]),
    )


def _total(counts: Sequence[int | None]) -> int | None:
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def _is_known(one: Spent) -> bool:
    return one.input_tokens is not None and one.output_tokens is not None


def _expect(values: Sequence[float] | NDArray[np.float64], tasks: int) -> Expected | None:
    """Mean and range of the sum over `tasks` further ones; None where nothing was measured. The same every time."""
    measured = np.asarray(values, np.float64)
    if not len(measured):
        return None
    mean = float(measured.mean()) * tasks
    if len(measured) < _LEAST or not tasks:
        return Expected(mean, None, None) if tasks else Expected(0.0, 0.0, 0.0)
    rng = np.random.default_rng(len(measured))
    means = np.array([measured[rng.integers(len(measured), size=len(measured))].mean() for _ in range(_RESAMPLES)])
    means += rng.standard_normal(_RESAMPLES) * measured.std(ddof=1) / sqrt(tasks)
    low, high = np.percentile(np.maximum(means, 0.0), _BOUNDS) * tasks
    return Expected(mean, float(low), float(high))


def _unmeasured(past: int) -> str:
    if not past:
        return "no task has been made in this workspace yet, so nothing was measured; make a few first."
    return f"the {past:,} past tasks were made by engines that did not say how many tokens they used."
