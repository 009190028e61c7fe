"""Making one record again: the very step that made it, from the stored parents, under the run's config and prompts.

Before anything is asked, the id that the step would give is compared: it is the hash of all that decides the record.
"""

import random
from collections.abc import Awaitable, Callable, Iterator, Mapping
from itertools import product
from typing import Any

from synth.flow.samples import judging_of, shape_of
from synth.ids import seed_number
from synth.records import (
    Answer,
    Choice,
    Demonstration,
    Dropped,
    Extraction,
    Growth,
    Instruction,
    Level,
    Made,
    PreExtraction,
    Record,
    Ruling,
    Score,
    Seed,
    Solution,
    Subtree,
    Task,
    Verdict,
)
from synth.steps.answer import answer_id, answer_instruction
from synth.steps.decontaminate import check_overlap, load_benchmarks
from synth.steps.draw import draw_subtrees
from synth.steps.evolve import (
    challenge_id,
    evolve_instruction,
    instruction_id,
    judge_challenge,
    plant_seed,
    plant_task,
)
from synth.steps.extract import (
    demonstration_id,
    extract_features,
    extraction_id,
    pre_extract_keywords,
    pre_extraction_id,
    refine_demonstration,
)
from synth.steps.grow import Chosen, Proposal, draw_for_growth, estimate_growth, growth_id, propose_growth
from synth.steps.repair import describe_error, repair_id, repair_solution
from synth.steps.review_tests import review_tests, ruling_id, with_corrected_tests
from synth.steps.score import score_solution
from synth.steps.solve import solution_id, solve_task
from synth.steps.task import make_task, task_id
from synth.steps.verify import verdict_id, verify_solution
from synth.workspace.lineage.finding import kind_of
from synth.workspace.replaying.parents import Parents
from synth.workspace.replaying.past_rounds import PastRound
from synth.workspace.replaying.past_run import CannotReplay, PastRun

Make = Callable[[], Awaitable[Record | Dropped]]
"""Makes the record again; nothing was asked before it is called."""
_STEP_GROWS = "growth-step-"


class Again:
    """Makes records of one run again."""

    def __init__(self, run: PastRun) -> None:
        self._run = run
        self._asker = run.asker
        self._config = run.config
        self._parents = Parents(run)
        self._ways: Mapping[str, Callable[[Any], Make]] = {
            PreExtraction.kind: self._pre_extraction,
            Demonstration.kind: self._demonstration,
            Extraction.kind: self._extraction,
            Growth.kind: self._growth,
            Subtree.kind: self._subtree,
            Task.kind: self._task,
            Solution.kind: self._solution,
            Verdict.kind: self._verdict,
            Ruling.kind: self._ruling,
            Score.kind: self._score,
            Instruction.kind: self._instruction,
            Choice.kind: self._choice,
            Answer.kind: self._answer,
            Dropped.kind: self._dropped,
        }

    def way(self, record: Record) -> Make:
        """How the record is made again. Raises `CannotReplay` where it cannot be."""
        if record.kind not in self._ways:
            raise CannotReplay("it is an input: it was read, not made.")
        return self._ways[record.kind](record)

    def _same(self, record: Record, now_id: str) -> None:
        """Raise `CannotReplay` where what decides the record is not what it was."""
        if now_id == record.id:
            return
        made = getattr(record, "made", None)
        if isinstance(made, Made):
            prompt = self._asker.prompts.get(made.prompt)
            if prompt.hash != made.prompt_hash:
                raise CannotReplay(
                    f"it was made with another text of the prompt `{made.prompt}`, {made.prompt_hash}; "
                    f"what the run kept and the shipped one give {prompt.hash}."
                )
            model = self._asker.way(made.prompt).model
            if model.engine != made.engine:
                raise CannotReplay(f"{made.engine} made it, but its run asks {model.engine}.")
        raise CannotReplay(
            f"from what is in the workspace comes another record, {now_id}: a parent, the prompt or a setting is not "
            "what it was."
        )

    def _pre_extraction(self, record: PreExtraction) -> Make:
        seed, heat = self._parents.one(Seed, record.seed_id), self._config.extract.temperature
        self._same(record, pre_extraction_id(self._asker, seed, heat))
        return lambda: pre_extract_keywords(self._asker, seed, heat)

    def _demonstration(self, record: Demonstration) -> Make:
        before = self._parents.one(Demonstration, record.previous_id) if record.previous_id else None
        keywords, heat = self._run.keywords(record.version), self._config.extract.temperature
        self._same(record, demonstration_id(self._asker, keywords, before, record.version, heat))
        return lambda: refine_demonstration(self._asker, keywords, before, record.version, heat)

    def _extraction(self, record: Extraction) -> Make:
        shown = self._parents.one(Demonstration, record.demonstration_id) if record.demonstration_id else None
        seed, heat = self._parents.one(Seed, record.seed_id), self._config.extract.temperature
        self._same(record, extraction_id(self._asker, seed, shown, heat))
        return lambda: extract_features(self._asker, seed, shown, heat)

    def _growth(self, record: Growth) -> Make:
        return self._grown(record, record.step)

    def _grown(self, record: Record, step: int) -> Make:
        """Draw from the tree of that moment, ask, and estimate against the tree of the merge."""
        config = self._config.grow
        first = step // config.parallel * config.parallel
        tree = self._run.tree(first)
        chosen = Chosen(config.at, self._config.seed) if config.at else None
        top = chosen.top(step) if chosen else ()
        drawn = draw_for_growth(tree, config.widths, config.draw_temperature, self._config.seed, step, top)
        wanted = growth_id(self._asker, drawn, step, config.temperature, chosen)
        self._same(record, f"{_prefix(record)}{wanted}")

        async def make() -> Growth | Dropped:
            proposal = await propose_growth(self._asker, drawn, step, config.temperature, chosen)
            if not isinstance(proposal, Proposal):
                return proposal
            self._run.grow(tree, first, step)
            return estimate_growth(tree, proposal)

        return make

    def _subtree(self, record: Subtree) -> Make:
        config = self._config
        tree = self._run.tree()
        shape, targets = shape_of(config.sample), config.sample.targets
        (now,) = draw_subtrees(tree, shape, 1, config.seed, record.draw, targets)
        return _ready(now)

    def _task(self, record: Task) -> Make:
        subtree, heat = self._parents.one(Subtree, record.subtree_id), self._config.tasks.temperature
        self._same(record, task_id(self._asker, subtree, record.level, record.draw, heat))
        return lambda: make_task(self._asker, subtree, record.level, record.draw, heat)

    def _solution(self, record: Solution) -> Make:
        task, heat = self._parents.one(Task, record.task_id), self._config.tasks.temperature
        if record.previous_id is None:
            self._same(record, solution_id(self._asker, task, heat))
            return lambda: solve_task(self._asker, task, heat)
        before = self._parents.one(Solution, record.previous_id)
        if record.made.prompt == "review_tests" and record.tests_change is not None:
            ruling = self._parents.one(Ruling, record.tests_change.ruling_id)
            return _ready(with_corrected_tests(before, ruling))
        said = self._said(before, lambda one: repair_id(self._asker, before, one, heat) == record.id)
        self._same(record, repair_id(self._asker, before, said, heat))
        return lambda: repair_solution(self._asker, task, before, said, heat)

    def _said(self, solution: Solution, fits: Callable[[Verdict], bool]) -> Verdict:
        """The verdict on an attempt that what followed was made for."""
        verdicts = self._parents.all(Verdict, "solution_id", solution.id)
        if not verdicts:
            raise CannotReplay(f"the verdict on {solution.id} is not in this workspace.")
        return next((one for one in verdicts if fits(one)), verdicts[0])

    def _verdict(self, record: Verdict) -> Make:
        solution, judging = self._parents.one(Solution, record.solution_id), judging_of(self._config.tasks)

        async def make() -> Verdict:
            from synth.sandbox.choose import choose  # a tenth of a second, for this kind of record only

            sandbox = choose(1, wanted=record.backend).sandbox
            try:
                self._same(record, verdict_id(sandbox, solution, judging))
                return verify_solution(sandbox, solution, judging)
            finally:
                sandbox.close()

        return make

    def _ruling(self, record: Ruling) -> Make:
        task, solution = self._parents.one(Task, record.task_id), self._parents.one(Solution, record.solution_id)
        said = self._parents.one(Verdict, record.verdict_id)
        self._same(record, ruling_id(self._asker, solution, said))
        return lambda: review_tests(self._asker, task, solution, said, describe_error(said))

    def _score(self, record: Score) -> Make:
        kind = kind_of(record.subject_id)
        if kind == Solution.kind:
            solution = self._parents.one(Solution, record.subject_id)
            task = self._parents.one(Task, solution.task_id)
            scores = score_solution(solution, self._parents.one(Subtree, task.subtree_id))
            return _ready(_found((one for one in scores if one.name == record.name), "this measure"))
        instruction = self._parents.one(Instruction, record.subject_id)
        if record.name == "challenge":
            self._same(record, challenge_id(self._asker, instruction))
            return lambda: judge_challenge(self._asker, instruction)
        scores = PastRound(self._run, instruction.round).diversity
        return _ready(_found((one for one in scores if one.subject_id == instruction.id), "this score"))

    def _instruction(self, record: Instruction) -> Make:
        if record.parent_id is None:
            if kind_of(record.origin_id) == Seed.kind:
                return _ready(plant_seed(self._parents.one(Seed, record.origin_id)))
            return _ready(plant_task(self._parents.one(Task, record.origin_id)))
        return self._child(record, self._parents.one(Instruction, record.parent_id), [record.draw])

    def _child(self, record: Record, parent: Instruction, draws: list[int]) -> Make:
        """The child of a parent, shown with the scores that give the record its id."""
        heat, wanted = self._config.evolve.temperature, record.id.removeprefix(_prefix(record))
        tried = ""
        for draw, marks in product(draws, self._parents.marks(parent)):
            tried = instruction_id(self._asker, parent, draw, *marks, heat)
            if tried == wanted:
                shown = (draw, *marks)
                return lambda: evolve_instruction(self._asker, parent, *shown, heat)
        self._same(record, f"{_prefix(record)}{tried}")
        raise CannotReplay("nothing tells which child of its parent it was to be.")

    def _choice(self, record: Choice) -> Make:
        if record.stage == "decontaminate":
            return self._overlap(record)
        instruction = self._parents.one(Instruction, record.subject_id)
        past = PastRound(self._run, instruction.round)
        choices = past.beam() if record.stage == "beam" else past.collect(instruction.tree_id)
        return _ready(_found((one for one in choices if one.subject_id == instruction.id), "a decision about it"))

    def _overlap(self, record: Choice) -> Make:
        config = self._config.decontaminate
        if not config.files:
            raise CannotReplay("its run names no benchmark files.")
        text = self._parents.exported_text(record.subject_id)
        return _ready(check_overlap(record.subject_id, text, load_benchmarks(config.files, config.ngram)))

    def _answer(self, record: Answer) -> Make:
        instruction = self._parents.one(Instruction, record.instruction_id)
        self._same(record, answer_id(self._asker, instruction))
        return lambda: answer_instruction(self._asker, instruction)

    def _dropped(self, record: Dropped) -> Make:
        """What was to be made and came to nothing, tried again."""
        heat, subject = self._config.tasks.temperature, record.subject_id
        if record.step == "grow" and subject.startswith(_STEP_GROWS):
            return self._grown(record, int(subject.removeprefix(_STEP_GROWS)))
        if record.step == "task":
            subtree = self._parents.one(Subtree, subject)
            level = self._level(subtree)
            self._same(record, f"dropped-{task_id(self._asker, subtree, level, 0, heat)}")
            return lambda: make_task(self._asker, subtree, level, 0, heat)
        if record.step == "evolve":
            children = list(range(self._config.evolve.children))
            return self._child(record, self._parents.one(Instruction, subject), children)
        wanted = self._wanted(record)
        if wanted is None:
            raise CannotReplay(f"what was dropped at `{record.step}` cannot be tried again by itself.")
        return wanted

    def _wanted(self, record: Dropped) -> Make | None:
        """The steps whose subject alone says what was wanted."""
        parents, asker, config = self._parents, self._asker, self._config
        if record.step in ("pre_extract", "extract"):
            seed, heat = parents.one(Seed, record.subject_id), config.extract.temperature
            if record.step == "pre_extract":
                self._same(record, f"dropped-{pre_extraction_id(asker, seed, heat)}")
                return lambda: pre_extract_keywords(asker, seed, heat)
            shown = next((one for one in [None, *parents.demonstrations()]
                          if f"dropped-{extraction_id(asker, seed, one, heat)}" == record.id), None)  # fmt: skip
            self._same(record, f"dropped-{extraction_id(asker, seed, shown, heat)}")
            return lambda: extract_features(asker, seed, shown, heat)
        if record.step == "solve":
            task = parents.one(Task, record.subject_id)
            self._same(record, f"dropped-{solution_id(asker, task, config.tasks.temperature)}")
            return lambda: solve_task(asker, task, config.tasks.temperature)
        if record.step in ("judge", "answer"):
            return self._said_of(record, parents.one(Instruction, record.subject_id))
        return self._after_verdict(record) if record.step in ("repair", "review tests") else None

    def _said_of(self, record: Dropped, instruction: Instruction) -> Make:
        if record.step == "judge":
            self._same(record, f"dropped-{challenge_id(self._asker, instruction)}")
            return lambda: judge_challenge(self._asker, instruction)
        self._same(record, f"dropped-{answer_id(self._asker, instruction)}")
        return lambda: answer_instruction(self._asker, instruction)

    def _after_verdict(self, record: Dropped) -> Make:
        heat, asker = self._config.tasks.temperature, self._asker
        solution = self._parents.one(Solution, record.subject_id)
        task = self._parents.one(Task, solution.task_id)
        if record.step == "repair":
            said = self._said(solution, lambda one: repair_id(asker, solution, one, heat) == record.wanted_id)
            self._same(record, f"dropped-{repair_id(asker, solution, said, heat)}")
            return lambda: repair_solution(asker, task, solution, said, heat)
        said = self._said(solution, lambda one: ruling_id(asker, solution, one) == record.wanted_id)
        self._same(record, f"dropped-{ruling_id(asker, solution, said)}")
        return lambda: review_tests(asker, task, solution, said, describe_error(said))

    def _level(self, subtree: Subtree) -> Level:
        share = random.Random(seed_number(self._config.seed, "level", subtree.draw)).random()
        return "files" if share < self._config.tasks.files_share else "function"


def _prefix(record: Record) -> str:
    return "dropped-" if isinstance(record, Dropped) else ""


def _ready(record: Record) -> Make:
    """What took no asking is made already."""

    async def make() -> Record:
        return record

    return make


def _found(records: Iterator[Record], what: str) -> Record:
    record = next(records, None)
    if record is None:
        raise CannotReplay(f"{what} is not made any more from what is in the workspace.")
    return record
