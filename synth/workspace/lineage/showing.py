"""The lineage of one record, put together from both sides.

A tree on both sides of the record. Lists are cut short and say how much is left out, so that it stays quick where a
feature was read from thousands of seeds.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from synth.records import Frozen, Made, Record, Ruling, Solution, Spend, Verdict
from synth.store import Database
from synth.tree.columns import FeatureTree
from synth.workspace.lineage.ancestors import Ancestors
from synth.workspace.lineage.descendants import Descendants
from synth.workspace.lineage.drafts import Draft
from synth.workspace.lineage.finding import find_record
from synth.workspace.lineage.lines import line_of
from synth.workspace.lineage.words import bill, facts

_LISTED = 8
"""Entries of one kind below one entry."""
_SHARED = frozenset({"pre_extraction", "demonstration", "extraction", "growth"})
"""Kinds that are made once for everything that is made later."""


class LineageNode(Frozen):
    """One entry of a lineage."""

    kind: str
    """Of the record; `feature` for a path of the tree, `missing` for a record that is not there."""
    id: str
    """A feature's path as it is shown, for `feature`."""
    line: str
    """What it is, on one line."""
    role: str = ""
    """What it is to the entry above, where its kind does not say so."""
    made: Made | None = None
    """Who answered, with which prompt and parameters; None where no engine was asked, or it was not kept."""
    seconds: float | None = None
    """Of the calls, or of the tests; None where nothing took time."""
    runs: tuple[str, ...] = ()
    """That it belongs to."""
    nodes: tuple["LineageNode", ...] = ()
    more: int = 0
    """Entries below it that are left out."""
    again: bool = False
    """Whether it stands elsewhere in the same tree, where what is below it is listed."""

    def said(self, runs: tuple[str, ...] = ()) -> str:
        """Who made it, with which parameters, tokens, cost and time, on one line; runs where they are not `runs`."""
        return facts(self.made, self.seconds, () if self.runs == runs else self.runs)


class Came(Frozen):
    """A record between what it comes from and what came of it."""

    record: LineageNode
    above: tuple[LineageNode, ...]
    """What it was made from, each with what that was made from below it."""
    below: tuple[LineageNode, ...]
    above_more: int = 0
    below_more: int = 0
    cut: bool = False
    """Whether what came of it was cut off because there is too much of it."""
    own: Spend = Spend()
    """What it and the records in its line of ancestors came to, with the rulings on the way."""
    shared: Spend = Spend()
    """What the listed extractions, growths and demonstrations came to, which other records rest on too."""

    @property
    def bills(self) -> tuple[str, ...]:
        """What it came to, in sentences."""
        own = f"It and its own line of ancestors: {bill(self.own)}."
        if not self.shared.calls:
            return (own,)
        return own, f"The extractions and growths listed, which others rest on too: {bill(self.shared)}."


@dataclass(slots=True)
class Lineage:
    """Answers for one workspace."""

    db: Database
    tree: Callable[[], FeatureTree]
    """The tree as it is now: it knows which seeds show a feature."""
    listed: int = field(default=_LISTED)

    def find(self, wanted: str) -> Record:
        """The record of an id or of the beginning of one. Raises `NotFound`, which names ids alike."""
        return find_record(self.db, wanted)

    def show(self, wanted: str, *, everything: bool = False) -> Came:
        """Where a record comes from and what came of it. Raises `NotFound`, which names ids alike."""
        record = self.find(wanted)
        most = None if everything else self.listed
        top = Draft.of(record)
        above = Ancestors(self.db, self.tree(), most)
        above.add_to(top)
        ancestors, top.nodes, above_more, top.more = top.nodes, [], top.more, 0
        below = Descendants(self.db, most)
        below.add_to(top)
        runs = self._runs([top, *ancestors])
        own, shared = self._spent(record, _records(ancestors))
        return Came(
            record=_node(top, runs, alone=True),
            above=tuple(_node(one, runs) for one in ancestors),
            below=tuple(_node(one, runs) for one in top.nodes),
            above_more=above_more,
            below_more=top.more,
            cut=below.cut,
            own=own,
            shared=shared,
        )

    def _runs(self, tops: Iterable[Draft]) -> dict[str, tuple[str, ...]]:
        ids = list({draft.id for draft in _all(tops) if draft.record is not None})
        rows = self.db.rows(
            """select record_id, list(distinct run_id order by run_id) from members
            where record_id in (select unnest(?)) group by record_id""",
            [ids],
        )
        return {record_id: tuple(runs) for record_id, runs in rows}

    def _spent(self, chosen: Record, ancestors: Iterable[Record]) -> tuple[Spend, Spend]:
        """Of its own line and of what it shares; each call once."""
        known = {record.id: record for record in (chosen, *ancestors)}
        attempts = [record.id for record in known.values() if isinstance(record, Solution)]
        if attempts:
            ruled = self.db.records(Ruling, "solution_id in (select unnest(?))", [attempts])
            known |= {ruling.id: ruling for ruling in ruled}
        own, shared = Spend(), Spend()
        for record in known.values():
            # an attempt with corrected tests came with the ruling on them, in one call
            if isinstance(record, Solution) and record.made.prompt == "review_tests":
                continue
            made = made_of(record)
            if made is not None and record.kind in _SHARED and record is not chosen:
                shared += spend_of(made)
            elif made is not None:
                own += spend_of(made)
        return own, shared


def made_of(record: Record) -> Made | None:
    """Who answered, where the record says so."""
    made = getattr(record, "made", None)
    return made if isinstance(made, Made) else None


def spend_of(made: Made) -> Spend:
    """What the calls behind one record came to; calls answered from the workspace's replies cost what they did then."""
    calls = 1 if made.calls is None else made.calls
    known = made.prompt_tokens is not None and made.completion_tokens is not None
    cost = 0.0 if made.engine == "offline" else made.cost
    return Spend(
        calls=calls,
        hits=made.hits or 0,
        input_tokens=made.prompt_tokens or 0,
        cached_tokens=made.cached_tokens or 0,
        output_tokens=made.completion_tokens or 0,
        unmeasured=0 if known else calls,
        cost=cost or 0.0,
        unpriced=0 if cost is not None else calls,
    )


def _node(draft: Draft, runs: dict[str, tuple[str, ...]], *, alone: bool = False) -> LineageNode:
    record = draft.record
    made = made_of(record) if record is not None else None
    seconds = record.seconds if isinstance(record, Verdict) else made.seconds if made is not None else None
    return LineageNode(
        kind=draft.kind,
        id=draft.id,
        line=line_of(record) if record is not None else draft.line,
        role=draft.role,
        made=made,
        seconds=seconds,
        runs=runs.get(draft.id, ()) if record is not None else (),
        nodes=() if alone else tuple(_node(one, runs) for one in draft.nodes),
        more=0 if alone else draft.more,
        again=draft.again,
    )


def _all(drafts: Iterable[Draft]) -> Iterator[Draft]:
    for draft in drafts:
        yield draft
        yield from _all(draft.nodes)


def _records(drafts: Iterable[Draft]) -> Iterator[Record]:
    return (draft.record for draft in _all(drafts) if draft.record is not None)
