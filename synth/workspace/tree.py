"""The workspace's tree: opened from disk, changed through its history, held for review, named, compared, restored."""

import datetime
import shutil
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from synth.errors import BadInput, EspalierError, NotFound
from synth.ids import record_id
from synth.records import Extraction, Growth
from synth.store.tree_log import Snapshot, TreeLog
from synth.tree.columns import FeatureTree
from synth.tree.diff import Diff, diff
from synth.tree.formats.checks import encodes, show
from synth.tree.fragment import NO_PARENT, Fragment, FragmentBuilder
from synth.tree.history import Entry, History
from synth.tree.merge import Counts, Merged, merge_fragment
from synth.tree.operations import Actor, Operation
from synth.tree.proposals import REFUSED, Proposal, deletions_for
from synth.tree.segment import open_segment, save_segment
from synth.tree.table import ROOT
from synth.workspace.passage import check_history, read_history, read_snapshots, write_history

_ENTRIES_AT_REST, _ENTRIES_AT_WORK = 200, 1_000
"""Entries that opening may have to do again before a new base is worth writing, at the end and meanwhile."""
_LARGE = 100_000
"""Features touched from which on a base is written at once."""

PERSON = Actor()


class TreeKeeper:
    """One tree, its history, its proposals and its snapshots. Every change is durable when the method returns."""

    def __init__(self, log: TreeLog, folder: Path) -> None:
        """Open what lies in `folder` and do again what the log holds beyond it."""
        self._log = log
        self._folder = folder
        self._lock = threading.RLock()
        self._proposals: dict[str, Proposal] = {}
        self.held_changes = 0
        """Grows whenever a proposal comes or is decided about."""
        self._open()

    @property
    def tree(self) -> FeatureTree:
        """The tree as it is now. It changes in place; only this class changes it."""
        return self._history.tree

    @property
    def history(self) -> History:
        """What was done to the tree, to be read."""
        return self._history

    @contextmanager
    def reading(self) -> Iterator[FeatureTree]:
        """The tree, which nobody changes while the block lasts."""
        with self._lock:
            yield self.tree

    @contextmanager
    def reading_at_once(self) -> Iterator[bool]:
        """As `reading` where that needs no waiting; False, and nothing held, where it does."""
        held = self._lock.acquire(blocking=False)
        try:
            yield held
        finally:
            if held:
                self._lock.release()

    def close(self) -> None:
        """Write a new base where opening would otherwise take long."""
        self.checkpoint(_ENTRIES_AT_REST)

    def checkpoint(self, entries: int = 0) -> None:
        """Write a new base where opening would have to do so many entries again; not inside a transaction."""
        with self._lock:
            if self._history.last - self._base >= (entries or _ENTRIES_AT_WORK):
                self._write_base()

    def save(self, folder: Path) -> None:
        """Write the tree as it is now into a folder that others can open."""
        with self._lock:
            save_segment(self.tree, folder, {"entry": self._history.last})

    @contextmanager
    def reopened_on_failure(self) -> Iterator[None]:
        """Where the block fails, for example because a commit does, go back to what is on disk."""
        with self._lock:
            try:
                yield
            except BaseException:
                self._open()
                raise

    # changing

    def edit(self, operations: Sequence[Operation], actor: Actor = PERSON, reason: str = "") -> Entry | None:
        """Do operations as one batch. Raises `BadInput`, with nothing changed."""
        with self._lock:
            return self._settle(self._history.do(operations, actor, reason))

    def load(
        self, fragment: Fragment, actor: Actor, reason: str = "", *, parent: int = ROOT, replace: bool = False
    ) -> tuple[Merged, Entry | None]:
        """Merge a fragment in as one batch: counts add up, or with `replace` the tree becomes the fragment."""
        with self._lock:
            with self._history.batch(actor, reason) as batch:
                merged = merge_fragment(self.tree, fragment, parent, replace=replace)
                batch.summary = (
                    f"{'replace' if replace else 'import'} {actor.name}: {merged.created:,} new, {merged.met:,} known"
                    + (f", {merged.removed:,} removed" if merged.removed else "")
                )
            return merged, self._settle(batch.entry)

    def observe(self, run_id: str, records: Sequence[Extraction | Growth], *, review: bool = False) -> None:
        """Add what a run read and grew; with `review` growth is held as a proposal."""
        extractions = [record for record in records if isinstance(record, Extraction)]
        growths = [record for record in records if isinstance(record, Growth)]
        said = [f"read {len(extractions):,} seeds"] if extractions else []
        said += [f"grew {len(growths):,} times"] if growths and not review else []
        with self._lock:
            with self._history.batch(Actor(kind="run", name=run_id), group=run_id, summary=", ".join(said)):
                for extraction in extractions:
                    self.tree.add_extraction(extraction, extraction.seed_id)
                for growth in growths if not review else ():
                    self.tree.add_growth(growth)
            if growths and review:
                self._hold_growth(run_id, growths)

    def undo(self, number: int | None = None, actor: Actor = PERSON) -> Entry:
        """Take back the latest batch that no run made, or the one named. Raises `BadInput` or `EditConflict`."""
        with self._lock:
            entry = self._history.undo(actor, number)
            self._settle(entry)
            return entry

    def undo_group(self, group: str, actor: Actor = PERSON) -> Entry:
        """Take back all of a run, or of a proposal. Raises `BadInput` or `EditConflict`."""
        with self._lock:
            entry = self._history.undo_group(group, actor)
            self._settle(entry)
            return entry

    def redo(self, actor: Actor = PERSON) -> Entry:
        """Do again what the latest undo took back. Raises `BadInput` or `EditConflict`."""
        with self._lock:
            entry = self._history.redo(actor)
            self._settle(entry)
            return entry

    def written_history(self) -> Iterator[str]:
        """Every entry with what it changed, and the snapshots, as lines of JSON that `take_over` reads."""
        return write_history(self._history, self.snapshots())

    def take_over(self, fragment: Fragment, lines: Sequence[str]) -> int:
        """Begin with a history from a file that leads to `fragment`. Returns its entries.

        Raises `BadInput`, with nothing changed, where this tree has a history of its own or the file's is no good.
        """
        with self._lock:
            if self._history.last:
                raise BadInput("this workspace has a tree with a history of its own; take the other over in a new one.")
            with self._together():
                for entry, delta in read_history(lines):
                    self._log.append(entry, delta)
                for snapshot in read_snapshots(lines):
                    self._log.add_snapshot(snapshot)
            try:
                self._open()
                check_history(self.tree, fragment)
            except BaseException:
                self._log.forget_everything()
                self._open()
                raise
            self._write_base()
            return self._history.last

    # proposals

    def propose(
        self,
        actor: Actor,
        reason: str,
        *,
        fragment: Fragment | None = None,
        operations: Sequence[Operation] = (),
        reasons: dict[int, str] | None = None,
        counts: Counts = "add",
        replace: bool = False,
        parent: int = ROOT,
    ) -> Proposal:
        """Hold changes for review. `replace`: also propose to delete what the fragment does not hold."""
        rows = fragment or FragmentBuilder().finish()
        with self._lock:
            if replace:
                counts, operations = "set", (*operations, *deletions_for(self.tree, rows, parent))
            if not len(rows) and not operations:
                raise BadInput("the proposal is empty: it would change nothing.")
            at = _now()
            proposal = Proposal(
                id=record_id("proposal", at, actor.kind, actor.name, self._history.last, len(self._log.proposal_ids())),
                at=at,
                actor=actor,
                reason=reason,
                parent=parent,
                counts=counts,
                fragment=rows,
                operations=tuple(operations),
                reasons=reasons or {},
            )
            self._log.save_proposal(proposal)
            self._proposals[proposal.id] = proposal
            self.held_changes += 1
            return proposal

    def proposals(self) -> list[Proposal]:
        """Every proposal, oldest first."""
        return [self.proposal(proposal_id) for proposal_id in self.proposal_ids()]

    def proposal_ids(self) -> list[str]:
        """Ids of all proposals, oldest first."""
        return self._log.proposal_ids()

    def proposal(self, proposal_id: str) -> Proposal:
        """One proposal. Raises `NotFound`."""
        if not encodes(proposal_id):
            raise NotFound(f"there is no proposal {show(proposal_id)}.")
        with self._lock:
            if proposal_id not in self._proposals:
                self._proposals[proposal_id] = self._log.proposal(proposal_id)
            return self._proposals[proposal_id]

    def accept(self, proposal_id: str, items: Sequence[int] | None = None, actor: Actor = PERSON) -> Entry | None:
        """Apply items of a proposal (None: all that are open) as one batch. Raises `BadInput` or `NotFound`."""
        with self._lock:
            proposal = self.proposal(proposal_id)
            with self._together():
                entry = proposal.accept(self._history, actor, items)
                self._log.save_decisions(proposal)
            self.held_changes += 1
            return self._settle(entry)

    def refuse(self, proposal_id: str, items: Sequence[int] | None = None) -> int:
        """Refuse items of a proposal (None: all that are open). Returns how many."""
        with self._lock:
            proposal = self.proposal(proposal_id)
            refused = proposal.refuse(self._history, items)
            self._log.save_decisions(proposal)
            self.held_changes += 1
            return refused

    def reopen(self, proposal_id: str, items: Sequence[int]) -> int:
        """Let refused items of a proposal wait for a decision again. Returns how many."""
        with self._lock:
            proposal = self.proposal(proposal_id)
            opened = proposal.reopen(items)
            self._log.save_decisions(proposal)
            self.held_changes += 1
            return opened

    # snapshots

    def snapshot(self, name: str, actor: Actor = PERSON, reason: str = "") -> Snapshot:
        """Name the tree as it is now. Raises `BadInput` where the name is taken or unusable."""
        if not name.strip() or len(name) > 200 or name == "now" or name.isdigit():
            raise BadInput(f"`{name}` cannot name a snapshot; use words, not a number and not `now`.")
        with self._lock:
            snapshot = Snapshot(name=name, entry=self._history.last, at=_now(), actor=actor.name, reason=reason)
            self._log.add_snapshot(snapshot)
            return snapshot

    def snapshots(self) -> list[Snapshot]:
        """Every snapshot, oldest first."""
        return self._log.snapshots()

    def number_of(self, state: str) -> int:
        """The history entry that a snapshot's name, an entry's number or `now` means. Raises `NotFound`."""
        if state == "now":
            return self._history.last
        found = next((snapshot.entry for snapshot in self.snapshots() if snapshot.name == state), None)
        if found is None and state.isdecimal() and len(state) < 19 and int(state) <= self._history.last:
            found = int(state)
        if found is None:
            names = ", ".join(f"`{snapshot.name}`" for snapshot in self.snapshots()) or "none yet"
            raise NotFound(
                f"no state `{state}`; give `now`, an entry's number up to {self._history.last} or one of: {names}."
            )
        return found

    def diff(self, first: str, then: str = "now") -> Diff:
        """What differs between two states; see `number_of`."""
        with self._lock:
            before, after = self.number_of(first), self.number_of(then)
            between, last = self._history.between, self._history.last
            return diff(self.tree, between(last, before), between(last, after), between(before, after))

    def restore(self, state: str, actor: Actor = PERSON) -> Entry | None:
        """Bring the tree back to a state, as a batch that can be undone; None where it is there already."""
        with self._lock:
            entry = self._history.return_to(self.number_of(state), actor, summary=f"restore {state}")
            return self._settle(entry)

    # inside

    @contextmanager
    def _together(self) -> Iterator[None]:
        """Store an entry and what belongs to it both or not at all."""
        try:
            with self._log.together():
                yield
        except BadInput:
            raise  # told before anything was changed
        except BaseException:
            self._open()
            raise

    def _open(self) -> None:
        bases = sorted(self._folder.glob("base-*[0-9]"), reverse=True)
        last = self._log.last()
        tree, self._base = FeatureTree(), 0
        for base in bases:
            if int(base.name.removeprefix("base-")) > last:
                continue
            try:
                tree, facts = open_segment(base)
                self._base = facts["entry"]
            except (EspalierError, KeyError):
                continue  # an older one, or the history from its beginning, gives the same tree
            break
        self._history = History(tree, self._log, applied=self._base)
        self._proposals.clear()

    def _settle(self, entry: Entry | None) -> Entry | None:
        """Write a new base after a large entry, which takes long to do again."""
        if entry is not None and entry.touched >= _LARGE:
            self._write_base()
        self.checkpoint()
        return entry

    def _write_base(self) -> None:
        last = self._history.last
        try:
            save_segment(self.tree, self._folder / f"base-{last:08d}", {"entry": last})
        except OSError:
            shutil.rmtree(self._folder / f"base-{last:08d}.part", ignore_errors=True)
            return  # the log holds the change: a full disk costs only time at the next opening
        self._base = last
        for base in self._folder.glob("base-*"):
            if base.name != f"base-{last:08d}":
                shutil.rmtree(base, ignore_errors=True)

    def _hold_growth(self, run_id: str, growths: Iterable[Growth]) -> None:
        """Put growth into the one proposal of its run; its items keep their numbers when more arrive."""
        proposal_id = f"proposal-{run_id}"
        try:
            known = self.proposal(proposal_id)
        except NotFound:
            known = Proposal(proposal_id, _now(), Actor(kind="run", name=run_id), "grown by the run", counts="keep")
        rows = FragmentBuilder()
        for above, name in zip(known.fragment.parent.tolist(), known.fragment.name, strict=True):
            rows.add(above, name)
        for row, estimated in enumerate(known.fragment.estimated.tolist()):
            rows.count(row, estimated=estimated)
        reasons = dict(known.reasons)
        for growth in growths:
            for grown in growth.added:
                row = rows.add_path(grown.path)
                rows.count(row, estimated=grown.estimated)
                reasons[row] = f"grown in step {growth.step}; its count is from {_BASES[grown.basis]}"
        fragment = rows.finish(ordered=False)
        decisions = known.decisions.copy()
        decisions.resize(len(fragment))
        for row in range(len(known), len(fragment)):
            if fragment.parent[row] != NO_PARENT and decisions[fragment.parent[row]] == REFUSED:
                decisions[row] = REFUSED  # what grows below something refused has no place
        held = Proposal(
            id=proposal_id,
            at=known.at,
            actor=known.actor,
            reason=known.reason,
            counts="keep",
            fragment=fragment,
            reasons=reasons,
            decisions=decisions,
        )
        self._log.save_proposal(held)
        self._proposals[proposal_id] = held
        self.held_changes += 1


_BASES = {"expanded": "its siblings in the drawn subtree", "tree": "its siblings in the tree", "none": "no sibling"}


def _now() -> str:
    return datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
