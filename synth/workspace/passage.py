"""The history of a tree on its way from one workspace to another: entries with what they changed, as lines of JSON."""

import base64
import binascii
import json
from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from pydantic import ValidationError

from synth.errors import BadInput
from synth.store.tree_log import Snapshot
from synth.tree.codec import delta_from_bytes, delta_to_bytes
from synth.tree.columns import FeatureTree
from synth.tree.delta import Delta
from synth.tree.fragment import Fragment
from synth.tree.history import Entry, History
from synth.tree.integrity import faults

_SNAPSHOT = '{"snapshot"'


def write_history(history: History, snapshots: Iterable[Snapshot]) -> Iterator[str]:
    """One line an entry, in order, then one a snapshot."""
    for entry in history.entries():
        delta = delta_to_bytes(history.delta(entry)) if entry.action == "do" else b""
        yield json.dumps({"entry": entry.model_dump(mode="json"), "delta": base64.b64encode(delta).decode()})
    for snapshot in snapshots:
        yield json.dumps({"snapshot": snapshot.model_dump(mode="json")})


def read_snapshots(lines: Sequence[str]) -> Iterator[Snapshot]:
    """The names of states that stand behind the entries. Raises `BadInput` for one that cannot be."""
    entries = sum(not line.startswith(_SNAPSHOT) for line in lines)
    for line in lines[entries:]:
        try:
            snapshot = Snapshot.model_validate(json.loads(line)["snapshot"])
        except (ValueError, KeyError, TypeError, ValidationError, RecursionError) as error:
            raise BadInput(f"a snapshot in the file's history cannot be read: {error}.") from error
        if not 0 <= snapshot.entry <= entries:
            raise BadInput(f"snapshot `{snapshot.name}` names entry {snapshot.entry}, but the file has {entries}.")
        yield snapshot


def read_history(lines: Sequence[str]) -> Iterator[tuple[Entry, Delta | None]]:
    """Entries with their deltas. Raises `BadInput` that names the line where it is no entry or out of order."""
    entries = sum(not line.startswith(_SNAPSHOT) for line in lines)
    for number, line in enumerate(lines[:entries], start=1):
        try:
            value = json.loads(line)
            entry = Entry.model_validate(value["entry"])
            data = base64.b64decode(value["delta"], validate=True)
            delta = delta_from_bytes(data) if entry.action == "do" else None
        except (ValueError, KeyError, TypeError, binascii.Error, ValidationError, RecursionError) as error:
            raise BadInput(f"entry {number} of the file's history cannot be read: {error}.") from error
        if entry.number != number or any(not 0 < target < number for target in entry.targets):
            raise BadInput(f"entry {number} of the file's history is out of order; export the tree again.")
        yield entry, delta


def check_history(tree: FeatureTree, fragment: Fragment) -> None:
    """Raises `BadInput` where the tree that a history led to is broken or is not the one that came with it."""
    wrong = next(iter(faults(tree)), None)
    if wrong is not None:
        raise BadInput(f"the file's history leads to no tree: {wrong}. Import it without its history.")
    led = tree.to_fragment()
    same = (
        led.name == list(fragment.name)
        and np.array_equal(led.parent, fragment.parent)
        and np.array_equal(led.observed, fragment.observed)
        and np.array_equal(led.estimated, fragment.estimated, equal_nan=True)
    )
    if not same:
        raise BadInput("the file's history leads to another tree than the one in the file; import it without it.")
