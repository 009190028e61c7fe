"""Claim: opening a stored tree takes a small part of the time and memory that `json.load` takes for the same tree.

python benchmarks/tree_open.py [--sizes 5000 140000 1795310]

Each side runs in a process of its own, so that memory is its own: what is resident more than after the imports.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from measure import ratios, save
from trees import FEATURES, FREQUENCIES, LARGE, MIDDLE, SMALL, epicoder_files, made_tree

from synth.tree.operations import Actor
from synth.workspace import Workspace

ROUNDS = 3

_MEASURE = """
import json, os, sys, time
from pathlib import Path

def resident():
    fields = Path("/proc/self/status").read_text().split("VmHWM:")[1].split()
    return int(fields[0]) / 1024

{imports}
before = resident()
began = time.perf_counter()
{work}
seconds = time.perf_counter() - began
print(json.dumps({{"seconds": seconds, "megabytes": resident() - before, "found": found}}))
"""

_JSON = (
    "",
    f"""
with open(Path(sys.argv[1], "{FEATURES}"), "rb") as file:
    features = json.load(file)
with open(Path(sys.argv[1], "{FREQUENCIES}"), "rb") as file:
    frequencies = json.load(file)
found = len(frequencies)
""",
)
_COLUMNS = (
    "from synth.tree.segment import open_segment",
    """
tree, _ = open_segment(Path(sys.argv[1]) / "tree")
found = len(tree)
""",
)
_LOOK = (
    "from synth.tree.segment import open_segment\nfrom synth.tree.draw import Drawer\nfrom synth.records import Shape",
    """
tree, _ = open_segment(Path(sys.argv[1]) / "tree")
shown = [(tree.name(node), tree.count(node), tree.child_count(node)) for node in tree.children(0)]
next(iter(Drawer(tree, Shape()).draw(1)))
found = len(tree)
""",
)
_WORKSPACE = (
    "from synth.workspace import Workspace",
    """
workspace = Workspace(Path(sys.argv[1]) / "workspace")
found = len(workspace.tree())
""",
)
SIDES = {
    "json.load of the two files": _JSON,
    "columns": _COLUMNS,
    "columns, one look and one draw": _LOOK,
    "a workspace with its history": _WORKSPACE,
}


def measure(side: str, folder: Path) -> dict[str, float]:
    """Seconds and megabytes of one side in a fresh process."""
    imports, work = SIDES[side]
    code = _MEASURE.format(imports=imports, work=work.strip())
    done = subprocess.run([sys.executable, "-c", code, str(folder)], check=True, capture_output=True, text=True)
    result: dict[str, float] = json.loads(done.stdout)
    return result


def prepare(nodes: int, folder: Path) -> None:
    """The tree as it lies in a workspace after an import, and as columns alone."""
    workspace = Workspace(folder / "workspace")
    workspace.trees.load(made_tree(nodes), Actor(kind="import", name="benchmark"))
    workspace.trees.save(folder / "tree")
    workspace.close()


def compare(nodes: int) -> dict[str, object]:
    """Seconds, memory and ratios at one size."""
    with tempfile.TemporaryDirectory() as place:
        prepare(nodes, Path(place))
        files = epicoder_files(nodes)
        found: dict[str, list[dict[str, float]]] = {side: [] for side in SIDES}
        for _ in range(ROUNDS):
            for side in SIDES:
                found[side].append(measure(side, files if side.startswith("json") else Path(place)))
    counts = {result["found"] for results in found.values() for result in results}
    assert counts == {nodes}, counts
    plain = found["json.load of the two files"]
    return {
        side: {
            "seconds": round(statistics.median(one["seconds"] for one in results), 5),
            "megabytes": round(statistics.median(one["megabytes"] for one in results), 1),
            "times faster": ratios([one["seconds"] for one in plain], [one["seconds"] for one in results]),
            "times less memory": ratios(
                [one["megabytes"] for one in plain], [max(one["megabytes"], 0.1) for one in results]
            ),
        }
        for side, results in found.items()
    }


def main() -> None:
    """Measure and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--sizes", type=int, nargs="+", default=[SMALL, MIDDLE, LARGE])
    options = parser.parse_args()
    save("tree_open", {"nodes": {f"{nodes}": compare(nodes) for nodes in options.sizes}})


if __name__ == "__main__":
    main()
