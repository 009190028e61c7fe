"""How many questions a run puts: from its config, the seeds there are, and what past items needed."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from synth.ask import Asker, Way
from synth.errors import ModelError
from synth.ids import seed_number
from synth.models.base import Reply, Request
from synth.prices import engines_of, is_called
from synth.prompts import Prompts
from synth.records import Seed
from synth.settings import RunConfig, StepModel
from synth.steps.extract import extraction_id
from synth.steps.seeds import read_stdlib
from synth.store import Database
from synth.workspace.expected import Amount, at_most, exactly, rate_of, share_of, times
from synth.workspace.measured import chains, growing

_SOME_SEEDS = 40
"""Seeds that bounds are made from."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The seeds that a run reads."""

    codes: list[str]
    """Of some of them."""
    seeds: int
    unread: int
    """Whose features the workspace does not have yet from the same model and prompt."""


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of a model without asking it: enough for the ids of what it would make."""

    engine: str
    name: str

    async def complete(self, request: Request) -> Reply:
        """It has no answers."""
        raise ModelError("nothing is asked for an estimate")

    async def close(self) -> None:
        """There is nothing to release."""


class Numbered:
    """Numbers of items, by prompt."""

    def __init__(self, db: Database, prompts: Path) -> None:
        """`prompts`: the workspace's own."""
        self._db = db
        self._prompts = prompts
        self._question: object = None
        self._ids: dict[str, str] = {}
        """What features would be called, by seed, if `_question` were put."""

    def items(self, config: RunConfig, reading: Reading, pilot: str | None = None) -> dict[str, Amount]:
        """How many items each prompt is put for; prompts for none are left out. `pilot`: a run to go by first."""
        items = {"grow_features": exactly(config.grow.steps)}
        if config.extract.enabled:
            if rounds := config.extract.demonstration_rounds:
                items["pre_extract"] = exactly(min(config.extract.pre_extract, reading.seeds))
                items["cluster_features"] = exactly(rounds)
            items["extract_features"] = exactly(reading.unread)
        items |= self._chain(config, pilot)
        items |= self._forest(config, reading.seeds)
        return {prompt: amount for prompt, amount in items.items() if amount.bound or amount.samples.any()}

    def reading(self, config: RunConfig) -> Reading:
        """The seeds that a run of this config reads; the standard library where the workspace has none.

        Where nothing is paid, nobody waits until that is read: there it counts as the number that is asked for.
        """
        if not config.extract.enabled and not config.evolve.roots:
            return Reading([], 0, 0)
        ids = [str(row[0]) for row in self._db.rows("select id from seeds order by path, line, id")]
        if not ids:
            if all(engine.kind == "offline" for engine in engines_of(config)):
                return Reading([], config.seeds.limit, config.seeds.limit)
            number = _limited(config, len(_stdlib()))
            return Reading(_some(_stdlib()), number, number)
        chosen = ids
        if config.seeds.limit and config.seeds.limit < len(ids):
            chosen = random.Random(seed_number(config.seed, "seeds")).sample(ids, config.seeds.limit)
        some = _some(chosen)
        codes = self._db.rows(f"select code from seeds where id in ({', '.join('?' * len(some))})", some)
        number = _limited(config, len(chosen))
        before = self._read_before(config, chosen) if number == len(chosen) and config.extract.enabled else 0
        return Reading([str(row[0]) for row in codes], number, number - before)

    def _read_before(self, config: RunConfig, chosen: Sequence[str]) -> int:
        """How many of these seeds were asked the very same question before: they are not asked again."""
        if config.extract.demonstration_rounds:
            return 0
        engine, own = config.engine_of("extract"), config.models.get("extract", StepModel())
        model = Named(engine.kind, engine.model)
        asker = Asker(model, Prompts(self._prompts), {"extract": Way(model, own=own)})
        prompt_hash = asker.prompts.get("extract_features").hash
        question = (model, prompt_hash, config.extract.temperature, own)
        if question != self._question:
            self._question, self._ids = question, {}
        rows = self._db.rows(
            "select id, seed_id from extractions where demonstration_id is null and made->>'$.prompt_hash' = ?",
            [prompt_hash],
        )
        wanted = set(chosen)
        return sum(self._id(asker, seed, config) == found for found, seed in rows if seed in wanted)

    def _id(self, asker: Asker, seed: str, config: RunConfig) -> str:
        if seed not in self._ids:
            self._ids[seed] = extraction_id(asker, _only_its_id(seed), None, config.extract.temperature)
        return self._ids[seed]

    def _chain(self, config: RunConfig, pilot: str | None) -> dict[str, Amount]:
        """Tasks, solutions, repairs and rulings: as many for a task as past tasks needed."""
        count, rounds = config.sample.count, config.tasks.repair_rounds
        if not count:
            return {}
        most = {"repair_solution": rounds, "review_tests": int(config.tasks.review_tests and rounds > 0)}
        past, missed = chains(self._db, pilot)
        if not past and pilot:
            past, missed = chains(self._db)
        kind, model = config.engine_of("task").kind, config.engine_of("task").model
        chosen = (
            [one for one in past if is_called(one.model, model)] or [one for one in past if one.engine == kind] or past
        )
        if not chosen:
            return {
                "make_task": exactly(count),
                "solve_task": exactly(count),
                **{name: at_most(count * number) for name, number in most.items()},
            }
        lost = [0.0] * min(missed, len(chosen))
        solved = share_of(int(sum(one.solved for one in chosen)), len(chosen) + len(lost), 4)
        repaired = rate_of([*(one.repaired for one in chosen), *lost], count, 5)
        ruled = rate_of([*(one.ruled for one in chosen), *lost], count, 6)
        found = {"solve_task": solved, "repair_solution": repaired, "review_tests": ruled}
        each = {name: times(exactly(count), rate) for name, rate in found.items() if most.get(name, 1)}
        return {"make_task": exactly(count), **each}

    def _forest(self, config: RunConfig, seeds: int) -> dict[str, Amount]:
        """Children, ratings and answers of Tree-of-Evolution, round by round, with the shares that past rounds had."""
        evolve, past = config.evolve, growing(self._db)
        from_seeds = evolve.roots_from == "seeds"
        made, kept, collecting = share_of(*past.made, 1), share_of(*past.kept, 2), share_of(*past.collected, 3)
        if not past.kept[1] or kept.mean > evolve.keep:
            kept = exactly(evolve.keep)
        active = exactly(min(evolve.roots, seeds if from_seeds else config.sample.count))
        first, later, collected = Amount(), Amount(), Amount()
        for number in range(evolve.rounds):
            children = times(active, exactly(evolve.children))
            if number == 0 and from_seeds:
                first += children
            else:
                later += children
            active = times(times(children, made), kept)
            collected += times(active, collecting)
        return {
            "evolve_from_code": first,
            "evolve_from_question": later,
            "judge_challenge": times(first + later, made),
            "answer_instruction": collected if evolve.answer else Amount(),
        }


@cache
def _stdlib() -> list[str]:
    """Code of the seeds that a run of an empty workspace begins with."""
    return [seed.code for seed in read_stdlib().seeds]


def _limited(config: RunConfig, there: int) -> int:
    number = min(config.seeds.limit or there, there)
    return min(config.seeds.coreset or number, number)


def _only_its_id(seed: str) -> Seed:
    return Seed(id=seed, source="path", path="", line=0, end_line=0, name="", unit="function", code="", licence="")


def _some(values: list[str]) -> list[str]:
    """Spread over all of them."""
    return values[:: max(1, len(values) // _SOME_SEEDS)][:_SOME_SEEDS]
