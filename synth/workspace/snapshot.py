"""What a run is frozen with beside its config: seeds, tree, what made the tree, prompts and prices."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from synth.prices import write_prices
from synth.records import Record
from synth.settings import PROMPTS, Price
from synth.store import Database, queries
from synth.workspace.tree import TreeKeeper


def write_snapshot(
    folder: Path, db: Database, trees: TreeKeeper, own_prompts: Path, prices: Mapping[str, Price]
) -> None:
    """Fill the `snapshot` folder of a new run; `prices` are those of the models that it asks."""
    trees.save(folder / "tree")
    _write_lines(folder / "seeds.jsonl", queries.seeds(db))
    _write_lines(folder / "extractions.jsonl", queries.extractions(db))
    _write_lines(folder / "growths.jsonl", queries.growths(db))
    write_prices(folder, prices)
    (folder / "prompts").mkdir()
    for prompts in (PROMPTS, own_prompts):  # the shipped ones too: an update may change them
        for prompt in prompts.glob("*.md"):
            (folder / "prompts" / prompt.name).write_bytes(prompt.read_bytes())


def _write_lines(path: Path, records: Sequence[Record]) -> None:
    with path.open("w", encoding="utf-8") as lines:
        lines.writelines(record.model_dump_json() + "\n" for record in records)
