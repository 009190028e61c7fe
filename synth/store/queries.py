"""What the pages, the exports and the snapshots ask of the database, as records and typed rows."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from synth.records import (
    Answer,
    Choice,
    Demonstration,
    Extraction,
    Growth,
    Instruction,
    Outcome,
    Record,
    Ruling,
    Score,
    Seed,
    Solution,
    Subtree,
    Task,
    Verdict,
)
from synth.store.database import OF_RUN, Database

R = TypeVar("R", bound=Record)


@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task in a list, with the verdict of its last attempt."""

    id: str
    level: str
    instruction: str
    attempts: int
    outcome: Outcome | None
    run_id: str


@dataclass(frozen=True, slots=True)
class SeedGroup:
    """Seeds of one source and licence."""

    source: str
    licence: str
    files: int
    functions: int
    classes: int

    @property
    def seeds(self) -> int:
        """Functions and classes together."""
        return self.functions + self.classes


@dataclass(frozen=True, slots=True)
class DatasetRow:
    """An exported dataset in a list."""

    name: str
    created: str
    form: str
    path: str
    rows: int
    unproven: bool
    """True where rows without a proven solution are in it."""
    left_out: dict[str, int]
    """Reason -> how many samples."""


@dataclass(frozen=True, slots=True)
class ForestRow:
    """A Tree-of-Evolution tree in a list."""

    tree_id: str
    text: str
    instructions: int
    kept: int
    collected: int
    best: float | None
    """Highest challenge of the tree."""
    run_id: str


@dataclass(frozen=True, slots=True)
class EvolutionNode:
    """One instruction with everything that was decided about it."""

    instruction: Instruction
    challenge: float | None
    challenge_reason: str
    diversity: float | None
    beam: Choice | None
    collect: Choice | None
    answer: Answer | None

    @property
    def value(self) -> float | None:
        """V = challenge + diversity (ToE 3.3); challenge alone where there is no other tree."""
        return None if self.challenge is None else self.challenge + (self.diversity or 0.0)


def task_rows(
    db: Database, search: str, outcome: str | None, run_id: str | None, limit: int, offset: int
) -> tuple[list[TaskRow], int]:
    """One page of tasks, newest run first, and how many there are in all."""
    body = f"""from tasks t
        left join (select task_id, max(attempt) + 1 as attempts, arg_max(id, attempt) as last from solutions
                   group by task_id) s on s.task_id = t.id
        left join verdicts v on v.solution_id = s.last
        where {OF_RUN.format(id="t.id", kind="task")}
          and (? = '' or contains(lower(t.instruction || ' ' || t.selected), lower(?)))
          and (? is null or coalesce(v.outcome, 'none') = ?)"""
    parameters = [run_id, run_id, search, search, outcome, outcome]
    rows = db.rows(
        f"""select t.id, t.level, t.instruction, coalesce(s.attempts, 0), v.outcome,
            coalesce((select max(run_id) from members where record_id = t.id), '')
            {body} order by 6 desc, t.draw, t.id limit {limit:d} offset {offset:d}""",
        parameters,
    )
    return [TaskRow(*row) for row in rows], db.number(f"select count(*) {body}", parameters)


def attempts(db: Database, task_ids: Sequence[str]) -> dict[str, list[tuple[Solution, Verdict | None]]]:
    """Every attempt of the tasks, first draft first, each with its verdict where there is one."""
    if not task_ids:
        return {}
    solutions = db.records(Solution, f"task_id in ({_marks(task_ids)}) order by task_id, attempt, id", task_ids)
    ids = [solution.id for solution in solutions]
    verdicts = {v.solution_id: v for v in db.records(Verdict, f"solution_id in ({_marks(ids)})", ids)} if ids else {}
    found: dict[str, list[tuple[Solution, Verdict | None]]] = {}
    for solution in solutions:
        found.setdefault(solution.task_id, []).append((solution, verdicts.get(solution.id)))
    return found


def rulings_of(db: Database, solution_ids: Sequence[str]) -> dict[str, Ruling]:
    """What judges said about the tests of solutions, by the solution's id."""
    if not solution_ids:
        return {}
    found = db.records(Ruling, f"solution_id in ({_marks(solution_ids)}) order by id", solution_ids)
    return {ruling.solution_id: ruling for ruling in found}


def any_without_isolation(db: Database) -> bool:
    """Whether code was run with no isolation for any verdict of the workspace."""
    return bool(db.number("select count(*) from (select 1 from verdicts where level = 'none' limit 1)"))


def scores_of(db: Database, subject_ids: Sequence[str]) -> dict[str, list[Score]]:
    """The scores of each subject, by name."""
    found: dict[str, list[Score]] = {subject: [] for subject in subject_ids}
    if subject_ids:
        for score in db.records(Score, f"subject_id in ({_marks(subject_ids)}) order by name", subject_ids):
            found[score.subject_id].append(score)
    return found


def subtrees_of(db: Database, tasks: Sequence[Task]) -> dict[str, Subtree]:
    """The subtrees of the tasks, by id."""
    ids = [task.subtree_id for task in tasks]
    return {s.id: s for s in db.records(Subtree, f"id in ({_marks(ids)})", ids)} if ids else {}


def runs_of(db: Database, kind: str, record_ids: Sequence[str]) -> dict[str, list[str]]:
    """The runs that made each record."""
    found: dict[str, list[str]] = {record_id: [] for record_id in record_ids}
    if record_ids:
        rows = db.rows(
            f"""select record_id, run_id from members where kind = ? and record_id in ({_marks(record_ids)})
            order by run_id""",
            [kind, *record_ids],
        )
        for record_id, run_id in rows:
            found[record_id].append(run_id)
    return found


def score_values(db: Database, names: Sequence[str], run_id: str | None = None) -> dict[str, list[float]]:
    """The values of each named score over the proven solutions."""
    found: dict[str, list[float]] = {name: [] for name in names}
    if names:
        rows = db.rows(
            f"""select c.name, c.value from scores c join verdicts v on v.solution_id = c.subject_id
            where v.doubt = '' and c.name in ({_marks(names)})
              and {OF_RUN.format(id="c.id", kind="score")} order by c.id""",
            [*names, run_id, run_id],
        )
        for name, value in rows:
            found[name].append(value)
    return found


def forest(db: Database, run_id: str | None = None) -> list[ForestRow]:
    """All Tree-of-Evolution trees, those with the hardest instruction first."""
    rows = db.rows(
        f"""select r.id, r.text, count(i.id), count(b.id) filter (b.kept), count(c.id) filter (c.kept), max(s.value),
            coalesce((select max(run_id) from members where record_id = r.id), '')
        from instructions r
        left join instructions i on i.tree_id = r.id and i.round > 0
        left join choices b on b.subject_id = i.id and b.stage = 'beam'
        left join choices c on c.subject_id = i.id and c.stage = 'collect'
        left join scores s on s.subject_id = i.id and s.name = 'challenge'
        where r.round = 0 and {OF_RUN.format(id="r.id", kind="instruction")}
        group by r.id, r.text order by max(s.value) desc nulls last, r.id""",
        [run_id, run_id],
    )
    return [ForestRow(*row) for row in rows]


def evolution(db: Database, tree_id: str) -> list[EvolutionNode]:
    """The nodes of one tree, the root first, then round by round."""
    nodes = db.records(Instruction, "tree_id = ? order by round, parent_id, draw, id", [tree_id])
    ids = [node.id for node in nodes]
    if not ids:
        return []
    scores = scores_of(db, ids)
    choices = db.records(Choice, f"subject_id in ({_marks(ids)})", ids)
    decided: Mapping[tuple[str, str], Choice] = {(choice.subject_id, choice.stage): choice for choice in choices}
    answers = {a.instruction_id: a for a in db.records(Answer, f"instruction_id in ({_marks(ids)})", ids)}
    return [_evolution_node(node, scores[node.id], decided, answers.get(node.id)) for node in nodes]


def _evolution_node(
    node: Instruction, scores: Sequence[Score], decided: Mapping[tuple[str, str], Choice], answer: Answer | None
) -> EvolutionNode:
    named = {score.name: score for score in scores}
    challenge, diversity = named.get("challenge"), named.get("diversity")
    return EvolutionNode(
        instruction=node,
        challenge=challenge.value if challenge else None,
        challenge_reason=challenge.reason if challenge else "",
        diversity=diversity.value if diversity else None,
        beam=decided.get((node.id, "beam")),
        collect=decided.get((node.id, "collect")),
        answer=answer,
    )


def seed_page(db: Database, search: str, limit: int, offset: int) -> tuple[list[Seed], int]:
    """One page of seeds by path and line, and how many match."""
    where = "(? = '' or contains(lower(path || ' ' || name), lower(?)))"
    found = db.records(Seed, f"{where} order by path, line, id limit {limit:d} offset {offset:d}", [search, search])
    return found, db.number(f"select count(*) from seeds where {where}", [search, search])


def seed_groups(db: Database) -> list[SeedGroup]:
    """How many seeds each source and licence has, the largest group first."""
    rows = db.rows(
        """select source, licence, count(distinct path), count(*) filter (unit = 'function'),
            count(*) filter (unit = 'class') from seeds group by source, licence order by count(*) desc, 1, 2"""
    )
    return [SeedGroup(*row) for row in rows]


def features_read(db: Database, seed_ids: Sequence[str]) -> dict[str, int]:
    """How many nodes the small tree of each seed has; seeds that were not read are left out."""
    if not seed_ids:
        return {}
    rows = db.rows(
        f"""select seed_id, arg_min(json_array_length(features), id) from extractions
        where seed_id in ({_marks(seed_ids)}) group by seed_id""",
        seed_ids,
    )
    return {seed_id: int(count) for seed_id, count in rows}


def _marks(values: Sequence[object]) -> str:
    return ", ".join("?" * len(values))


def seeds(db: Database) -> list[Seed]:
    """Every seed, by path and line."""
    return db.records(Seed, "true order by path, line, id")


def seeds_by_id(db: Database, seed_ids: Sequence[str]) -> list[Seed]:
    """These seeds in the order asked for; ids that are not there are left out."""
    if not seed_ids:
        return []
    found = {seed.id: seed for seed in db.records(Seed, f"id in ({_marks(seed_ids)})", seed_ids)}
    return [found[seed_id] for seed_id in seed_ids if seed_id in found]


def seed_places(db: Database) -> dict[str, tuple[str, str]]:
    """Seed id -> `path:line` and licence."""
    rows = db.rows("select id, path, line, licence from seeds")
    return {seed_id: (f"{path}:{line}", licence) for seed_id, path, line, licence in rows}


def extractions(db: Database) -> list[Extraction]:
    """Every extraction, in an order that does not depend on when it was made."""
    return db.records(Extraction, "true order by id")


def extraction_of(db: Database, seed_id: str) -> Extraction | None:
    """The features read from a seed."""
    found = db.records(Extraction, "seed_id = ? order by id limit 1", [seed_id])
    return found[0] if found else None


def growths(db: Database) -> list[Growth]:
    """Every growth step, in order."""
    return db.records(Growth, "true order by step, id")


def demonstrations(db: Database) -> list[Demonstration]:
    """Every refined demonstration, by version."""
    return db.records(Demonstration, "true order by version, id")


def ingested(db: Database) -> dict[tuple[str, str], int]:
    """(run, journal file) -> bytes read so far."""
    return {(row[0], row[1]): int(row[2]) for row in db.rows("select run_id, file, bytes from ingested")}


def overlapping(db: Database) -> set[str]:
    """Tasks and instructions that overlap a benchmark."""
    return {row[0] for row in db.rows("select subject_id from choices where stage = 'decontaminate' and not kept")}


def of_run(db: Database, kind: type[R], run_id: str | None) -> list[R]:
    """Records of one kind that a run made, or all, by id."""
    where = OF_RUN.format(id="id", kind=kind.kind)
    return db.records(kind, f"{where} order by id", [run_id, run_id])


def datasets(db: Database) -> list[DatasetRow]:
    """What was exported, newest first."""
    rows = db.rows(
        'select name, created, form, path, "rows", unproven, left_out from datasets order by created desc, name'
    )
    return [DatasetRow(*row) for row in ((*row[:6], json.loads(row[6])) for row in rows)]


def add_dataset(db: Database, dataset: DatasetRow) -> None:
    """Remember an export; one of the same name is replaced."""
    values = [dataset.name, dataset.created, dataset.form, dataset.path, dataset.rows, dataset.unproven]
    db.execute("insert or replace into datasets values (?, ?, ?, ?, ?, ?, ?)", [*values, json.dumps(dataset.left_out)])
