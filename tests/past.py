"""A run as its folder and the database hold it, without a worker that made it."""

from collections.abc import Sequence
from pathlib import Path

from synth.records import Extraction, Growth, Record, Seed
from synth.runs import Runs
from synth.settings import PROMPTS, RunConfig
from synth.store import Database
from synth.tree.columns import FeatureTree
from synth.tree.segment import save_segment


def keep_run(workspace: Path, config: RunConfig, records: Sequence[Record], seeds: Sequence[Seed] = ()) -> str:
    """Freeze a config in a workspace that nobody has open, and store records as made by that run. Returns its id.

    The snapshot holds `seeds`, an empty tree and the shipped prompts.
    """

    def fill(snapshot: Path) -> None:
        save_segment(FeatureTree(), snapshot / "tree")
        (snapshot / "seeds.jsonl").write_text("".join(f"{seed.model_dump_json()}\n" for seed in seeds))
        (snapshot / "extractions.jsonl").touch()
        (snapshot / "growths.jsonl").touch()
        (snapshot / "prompts").mkdir()
        for prompt in PROMPTS.glob("*.md"):
            (snapshot / "prompts" / prompt.name).write_bytes(prompt.read_bytes())

    run_id = Runs(workspace / "runs").create(config, fill)
    database = Database(workspace / "workspace.duckdb")
    try:
        database.add(seeds)
        database.add(records, run_id)
    finally:
        database.close()
    return run_id


def tree_of(records: Sequence[Record]) -> FeatureTree:
    """The tree that extractions and growths add up to."""
    tree = FeatureTree()
    for record in records:
        if isinstance(record, Extraction):
            tree.add_extraction(record, record.seed_id)
        elif isinstance(record, Growth):
            tree.add_growth(record)
    return tree
