"""Upwards: what a record was made from, and that from, up to the seeds."""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from synth.errors import NotFound
from synth.records import (
    Answer,
    Choice,
    Demonstration,
    Dropped,
    Extraction,
    FeaturePath,
    Growth,
    Instruction,
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
from synth.store import Database
from synth.tree.columns import FeatureTree
from synth.workspace.lineage.drafts import Draft
from synth.workspace.lineage.finding import kind_of, record_of, records_of
from synth.workspace.lineage.lines import leaves, path_line

_DEEPEST = 60
"""Entries on one way up: more than any sound workspace has."""
_SEEN_IN = 3
"""Seeds listed for one feature."""

_MADE_IT = """select id from growths where list_has_any(cast(added->'$[*].path' as varchar[]),
    (select list(cast(json(path) as varchar)) from (select unnest(?) as path))) order by step, id"""


class Ancestors:
    """Gathers what records come from; lists no more than `most` entries below one (None = all)."""

    def __init__(self, db: Database, tree: FeatureTree, most: int | None) -> None:
        self._db = db
        self._tree = tree
        self._most = most
        self._opened: set[str] = set()
        self._seeds: dict[str, Record] = {}
        """Read together: one by one, thousands of them take half a minute."""
        self._ways: Mapping[str, Callable[[Draft, Any, int], None]] = {
            PreExtraction.kind: self._pre_extraction,
            Demonstration.kind: self._demonstration,
            Extraction.kind: self._extraction,
            Growth.kind: self._growth,
            Subtree.kind: self._subtree,
            Task.kind: self._task,
            Solution.kind: self._solution,
            Verdict.kind: self._verdict,
            Ruling.kind: self._ruling,
            Score.kind: self._subject,
            Instruction.kind: self._instruction,
            Choice.kind: self._subject,
            Answer.kind: self._answer,
            Dropped.kind: self._subject,
        }

    def add_to(self, draft: Draft, depth: int = 0) -> None:
        """Put below `draft` what its record was made from; only the first time, where it stands in several places."""
        if draft.record is not None and draft.kind in self._ways and depth < _DEEPEST:
            draft.again = draft.id in self._opened
            if draft.again:
                return
            self._opened.add(draft.id)
            self._ways[draft.kind](draft, draft.record, depth + 1)

    def _parent(self, draft: Draft, kind: str, record_id: str, depth: int, role: str = "") -> None:
        """One parent with its own line; one that is not there is said to be missing."""
        try:
            parent = Draft.of(self._seeds.get(record_id) or record_of(self._db, kind, record_id), role)
        except NotFound:
            parent = Draft("missing", record_id, line=f"this {kind} is not in the workspace", role=role)
        draft.nodes.append(parent)
        self.add_to(parent, depth)

    def _beside(self, draft: Draft, records: Sequence[Record], role: str = "") -> None:
        """What also had a part in it; where that comes from is known from another parent."""
        shown = records[: self._most]
        draft.nodes += [Draft.of(record, role) for record in shown]
        draft.more += len(records) - len(shown)

    def _pre_extraction(self, draft: Draft, record: PreExtraction, depth: int) -> None:
        self._parent(draft, Seed.kind, record.seed_id, depth)

    def _demonstration(self, draft: Draft, record: Demonstration, depth: int) -> None:
        if record.previous_id is not None:
            self._parent(draft, Demonstration.kind, record.previous_id, depth, "refined from")
            return
        same_run = """id in (select m.record_id from members m join members d on d.run_id = m.run_id
            where m.kind = 'pre_extraction' and d.kind = 'demonstration' and d.record_id = ?) order by id"""
        self._beside(draft, self._db.records(PreExtraction, same_run, [record.id]), "keywords of its run")

    def _extraction(self, draft: Draft, record: Extraction, depth: int) -> None:
        self._parent(draft, Seed.kind, record.seed_id, depth)
        if record.demonstration_id is not None:
            self._parent(draft, Demonstration.kind, record.demonstration_id, depth, "shown as an example")

    def _growth(self, draft: Draft, record: Growth, depth: int) -> None:
        self._features(draft, record.drawn, depth)

    def _subtree(self, draft: Draft, record: Subtree, depth: int) -> None:
        self._features(draft, [*record.mandatory, *record.features], depth)

    def _task(self, draft: Draft, record: Task, depth: int) -> None:
        self._parent(draft, Subtree.kind, record.subtree_id, depth)

    def _solution(self, draft: Draft, record: Solution, depth: int) -> None:
        if record.previous_id is None:
            self._parent(draft, Task.kind, record.task_id, depth)
            return
        if record.made.prompt == "review_tests" and record.tests_change is not None:
            self._beside(draft, list(records_of(self._db, Ruling.kind, [record.tests_change.ruling_id]).values()))
        else:
            said = self._db.records(Verdict, "solution_id = ? order by id", [record.previous_id])
            self._beside(draft, said, "what was to be mended")
        self._parent(draft, Solution.kind, record.previous_id, depth, "the attempt before")

    def _verdict(self, draft: Draft, record: Verdict, depth: int) -> None:
        self._parent(draft, Solution.kind, record.solution_id, depth)

    def _ruling(self, draft: Draft, record: Ruling, depth: int) -> None:
        self._beside(draft, list(records_of(self._db, Verdict.kind, [record.verdict_id]).values()))
        self._parent(draft, Solution.kind, record.solution_id, depth)

    def _subject(self, draft: Draft, record: Score | Choice | Dropped, depth: int) -> None:
        kind = kind_of(record.subject_id)
        if kind is None or (kind == Growth.kind and record.subject_id.startswith("growth-step-")):
            draft.nodes.append(Draft("missing", record.subject_id, line="not a record of its own"))
        else:
            self._parent(draft, kind, record.subject_id, depth)

    def _instruction(self, draft: Draft, record: Instruction, depth: int) -> None:
        if record.parent_id is None:
            self._parent(draft, kind_of(record.origin_id) or Seed.kind, record.origin_id, depth, "grows from")
            return
        marks = self._db.records(Score, "subject_id = ? order by name, id", [record.parent_id])
        self._beside(draft, marks, "the mark to beat")
        self._parent(draft, Instruction.kind, record.parent_id, depth, "evolved from")

    def _answer(self, draft: Draft, record: Answer, depth: int) -> None:
        self._parent(draft, Instruction.kind, record.instruction_id, depth)

    def _features(self, draft: Draft, paths: Sequence[FeaturePath], depth: int) -> None:
        """The finest of the features, each with the seeds that show it and the growth that made it."""
        found = leaves(paths)
        shown = found[: self._most]
        draft.more += len(found) - len(shown)
        seeds = {path: self._evidence(path) for path in shown}
        listed = {path: ids[: None if self._most is None else _SEEN_IN] for path, ids in seeds.items()}
        wanted = list(dict.fromkeys(seed for ids in listed.values() for seed in ids))
        extractions = self._extractions(wanted)
        self._seeds |= records_of(self._db, Seed.kind, wanted)
        growths = self._growths(shown)
        for path in shown:
            grown = growths.get(path, [])
            entry = Draft("feature", path_line(path), line=self._feature_line(path, len(seeds[path]), grown))
            draft.nodes.append(entry)
            entry.nodes += [Draft.of(growth) for growth in grown]
            for seed in listed[path]:
                self._showing(entry, path, seed, extractions[seed], depth)
            entry.more = len(seeds[path]) - len(listed[path])

    def _evidence(self, path: FeaturePath) -> list[str]:
        node = self._tree.node(path)
        return [] if node is None else self._tree.evidence(node)

    def _feature_line(self, path: FeaturePath, seeds: int, grown: Sequence[Growth]) -> str:
        if seeds:
            return f"shown by {seeds:,} seed{'s' * (seeds != 1)}"
        if grown:
            return "added by growth; no seed shows it"
        return "added by hand" if self._tree.node(path) is not None else "not in the tree as it is now"

    def _showing(self, entry: Draft, path: FeaturePath, seed: str, read: Sequence[Extraction], depth: int) -> None:
        showing = [extraction for extraction in read if path in extraction.features]
        if not showing:  # people may have merged or renamed it since
            self._parent(entry, Seed.kind, seed, depth)
        for extraction in showing[:1]:
            below = Draft.of(extraction)
            entry.nodes.append(below)
            self.add_to(below, depth + 1)

    def _extractions(self, seeds: Sequence[str]) -> dict[str, list[Extraction]]:
        found: dict[str, list[Extraction]] = defaultdict(list)
        if seeds:
            for read in self._db.records(Extraction, "seed_id in (select unnest(?)) order by id", [list(seeds)]):
                found[read.seed_id].append(read)
        return found

    def _growths(self, paths: Sequence[FeaturePath]) -> dict[FeaturePath, list[Growth]]:
        """The steps that added each path: most often one."""
        if not paths:
            return {}
        written = [json.dumps(path, ensure_ascii=False).encode("utf-8", "replace").decode("utf-8") for path in paths]
        ids = [row[0] for row in self._db.rows(_MADE_IT, [written])]
        found: dict[FeaturePath, list[Growth]] = defaultdict(list)
        for growth in records_of(self._db, Growth.kind, ids[: self._most and 10 * self._most]).values():
            assert isinstance(growth, Growth)
            for grown in growth.added:
                found[grown.path].append(growth)
        return found
