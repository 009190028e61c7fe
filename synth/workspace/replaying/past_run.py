"""A run as it was: its frozen config and prompts, who it asked, the records that it made, and the tree it drew from."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar

from synth.ask import Asker
from synth.embed import SentenceEmbedder
from synth.errors import EspalierError
from synth.ids import seed_number
from synth.records import Extraction, Growth, PreExtraction, Record, Seed
from synth.runs import read_amendments, takes_of
from synth.settings import RunConfig
from synth.steps.coreset import pick_coreset
from synth.store import Database
from synth.tree.columns import FeatureTree
from synth.tree.segment import open_segment

R = TypeVar("R", bound=Record)

_KEYWORDS_A_ROUND = 120
"""As in the flow; another number would give other ids, which are compared."""


class CannotReplay(EspalierError):
    """A record that cannot be made again, with the reason."""


@dataclass(slots=True)
class PastRun:
    """What a record of the run is made again from. Reads the database and the run's folder, writes neither."""

    id: str
    folder: Path
    config: RunConfig
    asker: Asker
    embedder: SentenceEmbedder
    db: Database
    _seeds: list[Seed] | None = field(default=None)

    def members(self, kind: type[R], where: str = "true", parameters: tuple[object, ...] = ()) -> list[R]:
        """Records of one kind that the run made; `where` may go on with `order by`."""
        own = "id in (select record_id from members where run_id = ? and kind = ?)"
        return self.db.records(kind, f"{own} and {where}", [self.id, kind.kind, *parameters])

    def seeds(self) -> list[Seed]:
        """The seeds that the run read, in its order."""
        if self._seeds is None:
            wanted, chosen = self.config.seeds, list(self._read_seeds())
            if wanted.limit and wanted.limit < len(chosen):
                chosen = random.Random(seed_number(self.config.seed, "seeds")).sample(chosen, wanted.limit)
            if wanted.coreset and wanted.coreset < len(chosen):
                vectors = self.embedder.embed([seed.code for seed in chosen])
                chosen = [chosen[index] for index in pick_coreset(vectors, wanted.coreset, self.config.seed)]
            self._seeds = chosen
        return self._seeds

    def keywords(self, version: int) -> list[str]:
        """The keywords that version `version` of the demonstration was clustered from."""
        order = random.Random(seed_number(self.config.seed, "demonstration"))
        seeds = self.seeds()
        read = order.sample(seeds, min(self.config.extract.pre_extract, len(seeds)))
        results = {record.seed_id: record.keywords for record in self.members(PreExtraction)}
        keywords = list(dict.fromkeys(word for seed in read for word in results.get(seed.id, ())))
        subset: list[str] = []
        for _ in range(version):
            subset = order.sample(keywords, min(_KEYWORDS_A_ROUND, len(keywords)))
        return subset

    def tree(self, steps: int | None = None) -> FeatureTree:
        """The tree of its snapshot with what the run read and grew since; only the first `steps` steps, where given.

        Raises `CannotReplay` where the snapshot is gone.
        """
        try:
            tree, _ = open_segment(self.folder / "snapshot" / "tree")
        except (OSError, ValueError, KeyError) as error:
            raise CannotReplay(
                f"the snapshot of the tree that {self.id} began with cannot be read: {error}."
            ) from error
        held = {*self._held("extractions"), *self._held("growths")}
        for read in self.members(Extraction, "true order by id"):
            if read.id not in held:
                tree.add_extraction(read, read.seed_id)
        self.grow(tree, 0, steps, held)
        return tree

    def grow(self, tree: FeatureTree, first: int, end: int | None, held: set[str] | None = None) -> None:
        """Merge what the steps from `first` up to `end` added."""
        held = set(self._held("growths")) if held is None else held
        for growth in self.members(
            Growth, "step >= ? and (? is null or step < ?) order by step, id", (first, end, end)
        ):
            if growth.id not in held:
                tree.add_growth(growth)

    def take_of(self, record_id: str) -> int:
        """How often a person had it tried anew."""
        return takes_of(read_amendments(self.folder)).get(record_id, 0)

    def _read_seeds(self) -> Iterator[Seed]:
        for line in self._snapshot("seeds"):
            yield Seed.model_validate_json(line)

    def _held(self, name: str) -> Iterator[str]:
        """Ids of what the tree held when the run began."""
        for line in self._snapshot(name):
            yield str(json.loads(line)["id"])

    def _snapshot(self, name: str) -> Iterator[str]:
        file = self.folder / "snapshot" / f"{name}.jsonl"
        if not file.is_file():
            raise CannotReplay(f"`{file.name}` is gone from the snapshot of {self.id}.")
        yield from self._lines(file)

    @staticmethod
    def _lines(file: Path) -> Iterator[str]:
        try:
            with file.open(encoding="utf-8", errors="replace") as lines:
                yield from lines
        except FileNotFoundError:
            return
