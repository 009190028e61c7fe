"""Downwards: what was made from a record, level by level, so that each kind of entry takes one query a level."""

import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from synth.records import (
    KINDS,
    Answer,
    Choice,
    Demonstration,
    Dropped,
    Extraction,
    FeaturePath,
    Growth,
    Instruction,
    PreExtraction,
    Ruling,
    Score,
    Seed,
    Solution,
    Subtree,
    Task,
    Verdict,
)
from synth.store import Database
from synth.store.schema import TABLES
from synth.workspace.lineage.drafts import Draft
from synth.workspace.lineage.finding import records_of
from synth.workspace.lineage.lines import leaves, path_line

_ENTRIES, _ALL_ENTRIES = 400, 20_000
"""That the whole tree has at most: at first, and where everything is asked for."""
_DRAWN_IN = 3
"""Draws listed for one feature."""
_FEATURES = 8
"""Features of which the draws are looked for, each a pass over all draws; four times as many where all is asked for."""


@dataclass(frozen=True, slots=True)
class _Link:
    """That records of one kind name a parent in a column."""

    kind: str
    column: str
    parents: tuple[str, ...]
    order: str = "c.id"
    where: str = "true"


_FIRST = "not exists (select 1 from solutions p where p.id = c.previous_id)"
"""Of the attempts of a task: those that follow no other that is there."""

_LINKS: tuple[_Link, ...] = (
    _Link(PreExtraction.kind, "seed_id", (Seed.kind,)),
    _Link(Extraction.kind, "seed_id", (Seed.kind,)),
    _Link(Demonstration.kind, "previous_id", (Demonstration.kind,)),
    _Link(Extraction.kind, "demonstration_id", (Demonstration.kind,)),
    _Link(Task.kind, "subtree_id", (Subtree.kind,)),
    _Link(Verdict.kind, "solution_id", (Solution.kind,)),
    _Link(Ruling.kind, "solution_id", (Solution.kind,)),
    _Link(Solution.kind, "task_id", (Task.kind,), "c.attempt, c.id", _FIRST),
    _Link(Solution.kind, "previous_id", (Solution.kind,), "c.attempt, c.id"),
    _Link(Choice.kind, "subject_id", (Instruction.kind, Task.kind), "c.stage, c.id"),
    _Link(Score.kind, "subject_id", (Solution.kind, Instruction.kind), "c.name, c.id"),
    _Link(Answer.kind, "instruction_id", (Instruction.kind,)),
    _Link(Instruction.kind, "origin_id", (Seed.kind, Task.kind), where="c.round = 0"),
    _Link(Instruction.kind, "parent_id", (Instruction.kind,), "c.draw, c.id"),
    _Link(Dropped.kind, "subject_id", tuple(KINDS)),
)
"""In the order in which what came of a record is shown."""


class Descendants:
    """Gathers what came of a record; lists no more than `most` entries of one kind below one (None = all)."""

    def __init__(self, db: Database, most: int | None) -> None:
        self._db = db
        self._most = most
        self._left = _ALL_ENTRIES if most is None else _ENTRIES
        self._known: set[str] = set()
        self.cut = False
        """Whether there was more than fits."""

    def add_to(self, top: Draft) -> None:
        """Put below `top` what came of its record."""
        self._known.add(top.id)
        level = [top]
        while level and self._left > 0:
            # features read from many seeds, and examples shown for many, lead to everything: they stay closed
            opened = [draft for draft in level if draft is top or draft.kind not in (Extraction.kind, Growth.kind)]
            level = self._next(opened)
        self.cut = self.cut or bool(level)
        for draft in [top, *top.nodes] if top.kind == Seed.kind else [top]:
            if isinstance(draft.record, Extraction):
                self._features(draft, draft.record.features)
            elif isinstance(draft.record, Growth):
                self._features(draft, [grown.path for grown in draft.record.added])

    def _next(self, level: Sequence[Draft]) -> list[Draft]:
        """The entries below those of a level."""
        following: list[Draft] = []
        for link in _LINKS:
            by_id = {draft.id: draft for draft in level if draft.kind in link.parents}
            if by_id and self._left > 0:
                following += self._linked(link, by_id)
        return following

    def _linked(self, link: _Link, by_id: dict[str, Draft]) -> list[Draft]:
        rows = self._db.rows(
            f"""select id, parent, total from (
                select c.id, c.{link.column} as parent, count(*) over (partition by c.{link.column}) as total,
                    row_number() over (partition by c.{link.column} order by {link.order}) as place
                from {TABLES[link.kind]} c where c.{link.column} in (select unnest(?)) and {link.where})
            where place <= ? order by parent, place limit ?""",
            [list(by_id), self._left if self._most is None else self._most, self._left],
        )
        found = records_of(self._db, link.kind, [row[0] for row in rows])
        shown: dict[str, int] = defaultdict(int)
        made: list[Draft] = []
        for record_id, parent, _ in rows:
            shown[parent] += 1
            if record_id in found and record_id not in self._known:
                self._known.add(record_id)
                draft = Draft.of(found[record_id])
                by_id[parent].nodes.append(draft)
                made.append(draft)
        for parent, total in {row[1]: row[2] for row in rows}.items():
            by_id[parent].more += total - shown[parent]
        self._left -= len(made)
        self.cut = self.cut or self._left <= 0
        return made

    def _features(self, draft: Draft, paths: Sequence[FeaturePath]) -> None:
        """The finest of the features, and in how many draws each is."""
        found = leaves(paths)
        shown = found[: _FEATURES if self._most is not None else 4 * _FEATURES]
        draft.more += len(found) - len(shown)
        for path, (count, ids) in zip(shown, self._draws(shown), strict=True):
            line = f"in {count:,} draw{'s' * (count != 1)}" if count else "not drawn yet"
            entry = Draft("feature", path_line(path), line=line)
            records = records_of(self._db, Subtree.kind, ids)
            entry.nodes = [Draft.of(records[record_id]) for record_id in ids if record_id in records]
            entry.more = count - len(entry.nodes)
            draft.nodes.append(entry)

    def _draws(self, paths: Sequence[FeaturePath]) -> list[tuple[int, list[str]]]:
        """For each path how many subtrees hold it, and the first of them: all in one pass."""
        if not paths:
            return []
        written = [json.dumps(path, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") for path in paths]
        held = [f"count(*) filter (h{n}), arg_min(id, rowid, {_DRAWN_IN}) filter (h{n})" for n in range(len(paths))]
        holds = [f"contains(features, ?) as h{number}" for number in range(len(paths))]
        sql = f"select {', '.join(held)} from (select id, rowid, {', '.join(holds)} from subtrees)"
        row = self._db.rows(sql, written)[0]
        return [(int(row[2 * number]), list(row[2 * number + 1] or ())) for number in range(len(paths))]
