"""Claim: a tree in EpiCoder's two files is ready to work on within four times the time that `json.load` takes for them.

python benchmarks/tree_import.py [--nodes 5000 140000 1795310]
"""

import argparse
import json
import statistics
from pathlib import Path

from measure import ratios, save, time_in_turn
from trees import FEATURES, FREQUENCIES, LARGE, MIDDLE, SMALL, epicoder_files

from synth.tree.columns import FeatureTree
from synth.tree.formats import read

REPEATS, REPEATS_LARGE = 3, 1
CLAIM = 4.0


def load(folder: Path) -> None:
    """What any program must do: parse the two files, and no more."""
    for name in (FEATURES, FREQUENCIES):
        with (folder / name).open(encoding="utf-8") as file:
            json.load(file)


def measure(nodes: int) -> dict[str, object]:
    """Seconds of both sides for the tree of so many nodes."""
    folder = epicoder_files(nodes)
    reports: list[tuple[int, int]] = []
    held: list[int] = []

    def ready() -> None:
        reports.clear()
        tree = FeatureTree.from_fragment(
            read(folder, progress=lambda done, total: reports.append((done, total))).fragment
        )
        held.append(len(tree))

    if nodes < LARGE:  # what is imported on first use is no part of either side
        load(folder)
        ready()
    repeats = REPEATS_LARGE if nodes >= LARGE else REPEATS
    seconds = time_in_turn({"json.load": lambda: load(folder), "tree": ready}, repeats)
    if set(held) != {nodes} or reports[-1][0] != reports[-1][1] or sorted(reports) != reports:
        raise SystemExit("the tree or its progress is not what the files say: the times mean nothing")
    return {
        "nodes": nodes,
        "bytes": sum((folder / name).stat().st_size for name in (FEATURES, FREQUENCIES)),
        "repeats": repeats,
        "seconds": {side: round(statistics.median(values), 3) for side, values in seconds.items()},
        "times_json_load": ratios(seconds["tree"], seconds["json.load"]),
        "progress_calls": len(reports),
    }


def main() -> None:
    """Measure and save."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--nodes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    sizes = [measure(nodes) for nodes in parser.parse_args().nodes]
    save("tree_import", {"claim_times_json_load": CLAIM, "sizes": sizes})


if __name__ == "__main__":
    main()
