"""What was generated from the features that subtrees drew: counts by path, added up in the database.

A path is as it was at the time of the draw. Subtrees and tasks are only ever added, so their row numbers stand for them
and grow with time.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.records import FeaturePath
from synth.store.database import ASKED_FOR, Database

Ints = NDArray[np.int64]

COLUMNS = ("drawn", "tasks", "passed", "kept", "tokens_in", "tokens_out", "known_in", "known_out")
"""What is counted of a subtree. The last two: records whose tokens are known, for unknown is not 0."""

NO_PATH = -1
"""The path above those of the first level."""

_LAST_NAME = re.compile(r'\[(?:"(?:[^"\\]|\\.)*",)*("(?:[^"\\]|\\.)*")')
"""A key of `PathCounts`; the group is its last name."""


@dataclass(frozen=True, slots=True)
class TaskStates:
    """Every task whose subtree is stored, in the order of storing."""

    row: Ints
    subtree: Ints
    """Row of its subtree."""
    passed: Ints
    """1 where the last attempt is proven."""
    kept: Ints
    """1 where it is also free of benchmark overlap: what an export keeps."""
    tokens_in: Ints
    """Sent for the task and its attempts, as far as known."""
    tokens_out: Ints
    known_in: Ints
    """Records that say what was sent."""
    known_out: Ints


@dataclass(frozen=True, slots=True)
class PathCounts:
    """What some subtrees add up to, by path."""

    keys: list[str]
    """The path as a JSON list without the bracket that closes it: so a path above begins the key of one below."""
    counts: Ints
    """A row for each key; columns: `COLUMNS`, and last how often the path ended a draw."""


class Paths:
    """Paths by number: each with the number of the path above it and its own name. Only ever added to; one writer."""

    def __init__(self) -> None:
        self.names: list[str] = []
        self._numbers: dict[str, int] = {}
        self._above: list[int] = []
        self._level: list[int] = []
        self._levels: list[tuple[NDArray[np.int32], NDArray[np.int32]]] = []

    def __len__(self) -> int:
        return len(self.names)

    def take(self, keys: Sequence[str]) -> NDArray[np.int32]:
        """The numbers of paths by key; new ones get theirs."""
        known = self._numbers
        return np.array([known[key] if key in known else self._add(key) for key in keys], np.int32)

    def levels(self) -> list[tuple[NDArray[np.int32], NDArray[np.int32]]]:
        """By length of path, the shortest first: numbers, and of each the number of the path above."""
        if sum(len(numbers) for numbers, _ in self._levels) != len(self):
            level, above = np.array(self._level, np.int32), np.array(self._above, np.int32)
            parts = [np.flatnonzero(level == depth).astype(np.int32) for depth in range(int(level.max()) + 1)]
            self._levels = [(numbers, above[numbers]) for numbers in parts]
        return self._levels

    def _add(self, key: str) -> int:
        last = _LAST_NAME.fullmatch(key)
        if last is None:
            raise ValueError(f"{key!r:.80} begins no path")
        key_above = key[: last.start(1) - 1]
        above = self.take([key_above]).item() if key_above else NO_PATH
        number = self._numbers[key] = len(self.names)
        self._above.append(above)
        self._level.append(self._level[above] + 1 if key_above else 0)
        self.names.append(str(json.loads(last.group(1))))
        return number


@dataclass(frozen=True, slots=True)
class MadeTask:
    """A task in the list of what was made from a feature."""

    id: str
    line: str
    """First line of its instruction."""
    level: str
    attempts: int
    """Solutions written for it, repairs included."""
    outcome: str | None
    """Of its last attempt; None where nothing was run."""


@dataclass(frozen=True, slots=True)
class ModelUse:
    """What one model was sent and wrote for some tasks and all their attempts, as far as known."""

    engine: str
    model: str
    tokens_in: int
    tokens_out: int
    unknown: int
    """Records that do not say how many tokens."""


def marks(db: Database) -> tuple[int, ...]:
    """Numbers of which at least one differs once what is counted here may differ; costs no reading of texts."""
    row = db.rows(
        """select (select count(*) from subtrees), (select count(*) from tasks), (select count(*) from solutions),
            (select count(*) from verdicts), (select count(*) from verdicts where doubt = ''),
            (select count(*) from choices where stage = 'decontaminate' and not kept),
            (select coalesce(sum(bytes), 0) from ingested)"""
    )[0]
    return tuple(int(number) for number in row)


def subtree_rows(db: Database, after: int) -> Ints:
    """Rows of the subtrees that were stored later than the one in row `after` (-1: all), in order."""
    rows = db.rows("select list(rowid) from subtrees where rowid > ?", [after])[0][0]
    return np.sort(_ints(rows))


_LAST = """select solution_id, bool_or(doubt = '') as proven, arg_max(outcome, id) as outcome
    from verdicts group by solution_id"""

_CALLS = f"""select task_id, made, attempt, id from solutions where {ASKED_FOR}
    union all select task_id, made, null, null from rulings
    union all select task_id, null, attempt, id from solutions where not ({ASKED_FOR})"""
"""Every call for a task beyond the one that made it, and every attempt; either may come without the other."""

_ATTEMPTS = f"""select task_id, arg_max(id, {{'attempt': attempt, 'id': id}}) filter (id is not null) as last,
        sum(cast(made->>'$.prompt_tokens' as bigint)) as sent,
        sum(cast(made->>'$.completion_tokens' as bigint)) as came,
        count(made->>'$.prompt_tokens') as knows_sent, count(made->>'$.completion_tokens') as knows_came
    from ({_CALLS}) group by task_id"""


def task_states(db: Database) -> TaskStates:
    """The state of every task whose subtree is stored."""
    rows = db.rows(
        f"""with attempts as ({_ATTEMPTS}), said as ({_LAST}),
            overlapping as (select distinct subject_id from choices where stage = 'decontaminate' and not kept),
            wrote as (select rowid as number, id, subtree_id, cast(made->>'$.prompt_tokens' as bigint) as sent,
                cast(made->>'$.completion_tokens' as bigint) as came from tasks),
            states as (
                select t.number, s.rowid as subtree, cast(coalesce(v.proven, false) as integer) as passed,
                    cast(coalesce(v.proven, false) and o.subject_id is null as integer) as kept,
                    cast(coalesce(t.sent, 0) + coalesce(a.sent, 0) as bigint) as sent,
                    cast(coalesce(t.came, 0) + coalesce(a.came, 0) as bigint) as came,
                    cast(t.sent is not null as integer) + coalesce(a.knows_sent, 0) as knows_sent,
                    cast(t.came is not null as integer) + coalesce(a.knows_came, 0) as knows_came
                from wrote t join subtrees s on s.id = t.subtree_id left join attempts a on a.task_id = t.id
                left join said v on v.solution_id = a.last left join overlapping o on o.subject_id = t.id)
        select list(number), list(subtree), list(passed), list(kept), list(sent), list(came),
            list(knows_sent), list(knows_came) from states"""
    )[0]
    columns = [_ints(column) for column in rows]
    order = np.argsort(columns[0])
    return TaskStates(*(column[order] for column in columns))


_PATHS = f"""with wanted as (
        select unnest(?::bigint[]) as subtree, {", ".join(f"unnest(?::bigint[]) as {c}" for c in COLUMNS)}),
    listed as (
        select wanted.*, list_sort(cast(s.features->'$[*]' as varchar[])) as paths
        from subtrees s join wanted on s.rowid = wanted.subtree),
    -- sorted so, what lies below a path stands right before it
    beside as (
        select * exclude (paths), unnest(paths) as path, unnest(list_prepend(null, paths)) as before from listed),
    counted as (
        select left(path, -1) as path, {", ".join(f"cast(sum({c}) as bigint) as {c}" for c in COLUMNS)},
            cast(coalesce(sum(drawn) filter (before is null or not starts_with(before, left(path, -1) || ',')), 0)
                as bigint) as ended
        from beside where path is not null and path <> '[]' and path is distinct from before group by path)
    select list(path), {", ".join(f"list({c})" for c in COLUMNS)}, list(ended) from counted"""


def path_counts(db: Database, subtrees: Ints, weights: Ints) -> PathCounts:
    """Add up by path what is said of some subtrees: `weights` has a row for each of them and the columns `COLUMNS`."""
    row = db.rows(_PATHS, [subtrees.tolist(), *(weights[:, column].tolist() for column in range(len(COLUMNS)))])[0]
    if row[0] is None:
        return PathCounts([], np.zeros((0, len(COLUMNS) + 1), np.int64))
    return PathCounts(row[0], np.stack([_ints(column) for column in row[1:]], axis=1))


def tasks_in_rows(db: Database, rows: Sequence[int]) -> list[MadeTask]:
    """The tasks in these rows, in the order asked for."""
    if not rows:
        return []
    found = db.rows(
        f"""with chosen as (select rowid as number, id, instruction, level from tasks
                where rowid in (select unnest(?::bigint[]))),
            attempts as (select task_id, arg_max(id, {{'attempt': attempt, 'id': id}}) as last, count(*) as tries
                from solutions where task_id in (select id from chosen) group by task_id),
            said as ({_LAST.replace("group by", "where solution_id in (select last from attempts) group by")})
        select c.number, c.id, c.instruction, c.level, coalesce(a.tries, 0), v.outcome from chosen c
        left join attempts a on a.task_id = c.id left join said v on v.solution_id = a.last""",
        [list(rows)],
    )
    known = {number: MadeTask(task, _first_line(text), *rest) for number, task, text, *rest in found}
    return [known[row] for row in rows if row in known]


def used_by_model(db: Database, path: FeaturePath) -> list[ModelUse]:
    """What the tasks made from subtrees that drew a path, and their attempts, used, by model."""
    drew = subtrees_with(db, path)
    found = db.rows(
        f"""with chosen as (select t.id, t.made from tasks t join subtrees s on s.id = t.subtree_id
                where s.rowid in (select unnest(?::bigint[]))),
            calls as (select made from chosen union all
                select made from ({_CALLS}) where made is not null and task_id in (select id from chosen)),
            used as (select made->>'$.engine' as engine, made->>'$.model' as model,
                cast(made->>'$.prompt_tokens' as bigint) as sent,
                cast(made->>'$.completion_tokens' as bigint) as came from calls)
        select engine, model, cast(coalesce(sum(sent), 0) as bigint), cast(coalesce(sum(came), 0) as bigint),
            count(*) filter (sent is null or came is null) from used group by all order by all""",
        [drew.tolist()],
    )
    return [ModelUse(*row) for row in found]


def subtrees_with(db: Database, path: FeaturePath) -> Ints:
    """Rows of the subtrees that drew a path, in order."""
    text = json.dumps(path, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8")
    sql, values = "select list(rowid) from subtrees where contains(features, ?)", [text]
    if path and path[0].startswith((",", "]")):
        # only then may the same text begin at a name that ends with a bracket; reading paths takes five times as long
        sql += " and list_contains(cast(features->'$[*]' as varchar[]), cast(json(?) as varchar))"
        values.append(text)
    rows = db.rows(sql, values)
    return np.sort(_ints(rows[0][0]))


def _ints(values: list[Any] | None) -> Ints:
    return np.array(values or [], np.int64)


def _first_line(text: str | None) -> str:
    return next((line.strip() for line in (text or "").splitlines() if line.strip()), "")
