"""A tree at rest: a folder with one file a column, mapped into memory rather than read.

Opening costs the same for ten nodes and for ten million, and a page is read when a node on it is looked at. Writing
goes to private copies of pages: the files stay what they were when they were saved.
"""

import json
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.tree.bulk import children_of
from synth.tree.columns import FeatureTree
from synth.tree.layout import CELLS, DERIVED
from synth.tree.strings import Strings

VERSION = 1
_KINDS: dict[str, str] = CELLS | DERIVED


def save_segment(tree: FeatureTree, folder: Path, facts: Mapping[str, int] | None = None) -> None:
    """Write the tree as `folder`, which appears complete or not at all. `facts` are given back by `open_segment`."""
    draft = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir(parents=True)
    arrays, sizes = _arrays(tree), {}
    for name, values in arrays.items():
        sizes[name] = len(values)
        with (draft / f"{name}.bin").open("wb") as file:
            file.write(np.ascontiguousarray(values).data.cast("B") if len(values) else b"")
            if name in _KINDS:
                # room for new rows: a hole in the file, which takes no place on disk
                file.truncate((len(values) + _room(len(values))) * values.itemsize)
            file.flush()
            os.fsync(file.fileno())
    meta = {"version": VERSION, "rows": tree.rows, "live": len(tree), "sizes": sizes, "facts": dict(facts or {})}
    with (draft / "meta.json").open("w", encoding="utf-8") as text:
        json.dump(meta, text)
        text.flush()
        os.fsync(text.fileno())
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    sync_folder(folder.parent)


def open_segment(folder: Path) -> tuple[FeatureTree, dict[str, int]]:
    """The tree of a folder, with the facts it was saved with. Raises `BadInput` where it is damaged."""
    try:
        meta = json.loads((folder / "meta.json").read_text(encoding="utf-8"))
        if meta["version"] != VERSION:
            raise BadInput(f"{folder}: the tree was written by another version of Espalier (form {meta['version']}).")
        sizes = {str(name): int(size) for name, size in meta["sizes"].items()}
        rows = int(meta["rows"])
        columns = {name: _map(folder, name, kind, rows + _room(rows)) for name, kind in _KINDS.items()}
        tree = FeatureTree()
        tree.strings = _strings(folder, "text", sizes)
        tree.seeds = _strings(folder, "seed", sizes)
        tree.adopt(columns, _map(folder, "child_list", "i4", sizes["child_list"]), rows, int(meta["live"]))
        evidence = [_map(folder, name, "i4", sizes[name]) for name in ("evidence_node", "evidence_seed")]
        tree.adopt_evidence(evidence[0], evidence[1])
        found = {str(name): int(value) for name, value in meta["facts"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise BadInput(f"{folder}: the stored tree cannot be read: {error}.") from error
    return tree, found


def copy_tree(tree: FeatureTree) -> FeatureTree:
    """A tree that goes on by itself from here; text that is settled is shared."""
    arrays = _arrays(tree)
    found = FeatureTree()
    found.strings, found.seeds = tree.strings.copy(), tree.seeds.copy()
    found.adopt({name: arrays[name].copy() for name in _KINDS}, arrays["child_list"].copy(), tree.rows, len(tree))
    found.adopt_evidence(arrays["evidence_node"].copy(), arrays["evidence_seed"].copy())
    return found


def sync_folder(folder: Path) -> None:
    """Make renames in a folder last through a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _arrays(tree: FeatureTree) -> dict[str, NDArray[Any]]:
    """Everything that a tree is, with the child ranges moved together in the order of the rows."""
    arrays = {name: tree.column(name) for name in _KINDS}
    layout = tree.layout()
    holders = np.flatnonzero(layout.child_len)
    widths = layout.child_len[holders]
    start = np.zeros(tree.rows, np.int64)
    start[holders] = np.cumsum(widths) - widths
    arrays["child_list"] = children_of(layout.child_start[holders], widths, layout.child_list)
    arrays["start"] = start
    arrays["evidence_node"], arrays["evidence_seed"] = tree.evidence_pairs()
    arrays["text_block"], arrays["text_offsets"] = tree.strings.blocks()
    arrays["seed_block"], arrays["seed_offsets"] = tree.seeds.blocks()
    return arrays


def _strings(folder: Path, name: str, sizes: Mapping[str, int]) -> Strings:
    block = _map(folder, f"{name}_block", "u1", sizes[f"{name}_block"])
    return Strings(block, _map(folder, f"{name}_offsets", "i8", sizes[f"{name}_offsets"]))


def _map(folder: Path, name: str, kind: str, size: int) -> NDArray[Any]:
    path = folder / f"{name}.bin"
    if not size:
        return np.zeros(0, kind)
    if path.stat().st_size < size * np.dtype(kind).itemsize:
        raise ValueError(f"{path.name} is cut off")
    # np.asarray: a plain array over the same pages, without the price of a subclass at each look-up
    return np.asarray(np.memmap(path, kind, mode="c", shape=(size,)))


def _room(rows: int) -> int:
    return rows // 4 + 65_536
