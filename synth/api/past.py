"""The history for the browser: what was done, by whom and why, and the ways back."""

from pydantic import Field

from synth.api.bench import Bench
from synth.api.edits import Change, Done, entry_line, told
from synth.api.endpoint import JSON, Body, Endpoint
from synth.workspace import stretches


class HistoryBody(Body):
    """One page of the history, newest first."""

    before: int | None = Field(default=None, ge=1)
    """Entries with a lower number; None: from the newest on."""
    count: int = Field(default=50, ge=1, le=200)


class ReturnBody(Change):
    """Bring the tree to what it was after an entry; 0: before the first."""

    number: int = Field(ge=0)


class StateBody(Body):
    """A state of the tree: the one after an entry."""

    number: int = Field(ge=0)


class NameBody(Change):
    """Name the tree as it is now."""

    name: str = Field(min_length=1, max_length=200)
    reason: str = Field(default="", max_length=2_000)


class GroupBody(Change):
    """Take back all that belongs together: a run, or a proposal."""

    group: str = Field(min_length=1, max_length=200)


def show_history(bench: Bench, asked: HistoryBody) -> JSON:
    """Entries, newest first; what a run did in a row is one line, which tells its first and its last entry."""
    with bench.workspace.trees.reading():
        history = bench.workspace.trees.history
        last = history.last if asked.before is None else min(asked.before - 1, history.last)
        in_force = set(history.in_force())
        snapshots = bench.workspace.trees.snapshots()
        lines: list[dict[str, object]] = []
        end = last
        for stretch in stretches(history.entries(0)[:last]):
            if len(lines) == asked.count:
                break
            newest, oldest = stretch[0], stretch[-1]
            end = oldest.number - 1
            lines.append(
                entry_line(newest)
                | {
                    "first": oldest.number,
                    "entries": len(stretch),
                    "touched": sum(entry.touched for entry in stretch),
                    "in_force": newest.number in in_force,
                    "names": [
                        {"name": one.name, "entry": one.entry}
                        for one in snapshots
                        if oldest.number <= one.entry <= newest.number
                    ],
                }
            )
        return {
            "lines": lines,
            "next": end + 1 if end > 0 else None,
            "last": history.last,
            "can_undo": history.can_undo(),
            "can_redo": history.can_redo(),
        }


def show_return(bench: Bench, asked: StateBody) -> JSON:
    """What going back to a state would change: features by kind of change."""
    return {"changes": bench.workspace.trees.diff("now", str(asked.number)).counts}


def name_state(bench: Bench, asked: NameBody) -> JSON:
    """Name the tree as it is now; the name leads back to it. Raises `BadInput` where the name cannot be used."""
    trees = bench.workspace.trees

    def change() -> JSON:
        made = trees.snapshot(asked.name.strip(), reason=asked.reason)
        return {"rev": trees.history.last, "name": made.name, "number": made.entry}

    return bench.part(Done).once(asked.op, change)


def return_to(bench: Bench, asked: ReturnBody) -> JSON:
    """Bring the tree back to a state, as a batch that can be undone."""
    trees = bench.workspace.trees
    return bench.part(Done).once(asked.op, lambda: told(bench.workspace, trees.restore(str(asked.number))))


def undo_group(bench: Bench, asked: GroupBody) -> JSON:
    """Take back all of a run or of a proposal."""
    trees = bench.workspace.trees
    return bench.part(Done).once(asked.op, lambda: told(bench.workspace, trees.undo_group(asked.group)))


ENDPOINTS = (
    Endpoint("/api/tree/history", HistoryBody, show_history),
    Endpoint("/api/tree/return", ReturnBody, return_to),
    Endpoint("/api/tree/return_impact", StateBody, show_return),
    Endpoint("/api/tree/snapshot", NameBody, name_state),
    Endpoint("/api/tree/undo_group", GroupBody, undo_group),
)
