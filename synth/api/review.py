"""Proposals in the browser: looked at, accepted or refused by item, branch or all; and growth started in place."""

from collections import OrderedDict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from synth.api.bench import Bench
from synth.api.edits import Change, Done, told
from synth.api.endpoint import JSON, Body, Empty, Endpoint, Many
from synth.errors import BadInput, NotFound
from synth.settings import EvolveConfig, ExtractConfig, GrowConfig, RunConfig, SampleConfig
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.fragment import NO_PARENT
from synth.tree.proposals import Item, Proposal, subject
from synth.workspace import Workspace

MOST_STEPS = 200
"""Growth steps that are started from the workbench at once."""
_REMEMBERED = 500
_LOOKED_THROUGH = 20_000
"""Rows of a proposal up to which each is compared with the tree before it is shown."""


class ItemsBody(Body):
    """One page of a proposal's items."""

    proposal: str = Field(min_length=1, max_length=200)
    first: int = Field(default=0, ge=0)
    count: int = Field(default=100, ge=1, le=500)
    open_only: bool = True


class DecideBody(Change):
    """Accept or refuse: items, or what is proposed in a branch of the tree, or all that is open."""

    proposal: str = Field(min_length=1, max_length=200)
    accept: bool
    items: tuple[int, ...] | None = Field(default=None, max_length=100_000, fail_fast=True)
    branch: int | None = Field(default=None, ge=0)
    """All open items about this feature or what lies below it."""
    with_below: bool = False
    """Of items that are new features: with the new features below them."""


class ReopenBody(Change):
    """Take back a refusal."""

    refusal: str = Field(min_length=8, max_length=64)
    """The name of the request that refused."""


class Refusals:
    """What was refused since the server began, by the name of the request: so that it can be taken back."""

    def __init__(self, workspace: Workspace) -> None:
        self._trees = workspace.trees
        self._known: OrderedDict[str, tuple[str, list[int]]] = OrderedDict()

    def refuse(self, op: str, proposal_id: str, items: Sequence[int]) -> int:
        """Refuse items with those below them. Returns how many."""
        proposal = self._trees.proposal(proposal_id)
        before = proposal.decisions.copy()
        refused = self._trees.refuse(proposal_id, items)
        self._known[op] = (proposal_id, np.flatnonzero(proposal.decisions != before).tolist())
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return refused

    def reopen(self, op: str) -> int:
        """Let what a request refused wait again. Returns how many items. Raises `NotFound`."""
        if op not in self._known:
            raise NotFound("that refusal is not known any more, so it cannot be taken back.")
        return self._trees.reopen(*self._known[op])


class GrowBody(Body):
    """Ask the engine for more below some features."""

    nodes: Many[int] = Field(min_length=1, max_length=1_000)
    steps: int = Field(ge=1, le=MOST_STEPS)


def show_proposals(bench: Bench, asked: Empty) -> JSON:
    """Every proposal, the newest first, with how much of it is open."""
    trees = bench.workspace.trees
    with trees.reading():
        in_force = trees.history.in_force()
        lines = [
            {"id": one.id, "at": one.at, "actor": str(one.actor), "reason": one.reason,
             "items": len(one), "open": len(_waiting(trees.tree, one, in_force))}
            for one in reversed(trees.proposals())
        ]  # fmt: skip
    return {"proposals": lines}


def show_items(bench: Bench, asked: ItemsBody) -> JSON:
    """Items of a proposal as they stand to the tree now, with the feature of the tree that each is nearest to."""
    trees = bench.workspace.trees
    with trees.reading() as tree:
        proposal = trees.proposal(asked.proposal)
        numbers = np.arange(len(proposal))
        if asked.open_only:
            numbers = _waiting(tree, proposal, trees.history.in_force())
        page = numbers[asked.first : asked.first + asked.count].tolist()
        items = [item for number in page for item in proposal.items(trees.history, number, 1)]
        lines = [_item(tree, proposal, item) for item in items]
    more = asked.first + len(page)
    return {"items": lines, "total": len(numbers), "next": more if more < len(numbers) else None}


def decide(bench: Bench, asked: DecideBody) -> JSON:
    """Accept or refuse, as one batch."""

    def change() -> JSON:
        trees = bench.workspace.trees
        with trees.reading() as tree:
            items = _chosen(tree, trees.proposal(asked.proposal), trees.history.in_force(), asked)
            if not items:
                raise BadInput("nothing that is proposed there is open any more.")
            if not asked.accept:
                refused = bench.part(Refusals).refuse(asked.op, asked.proposal, items)
                return {"rev": trees.history.last, "entry": None, "decided": refused, "refused": refused}
            entry = trees.accept(asked.proposal, items)
            return {**told(bench.workspace, entry), "decided": len(items)}

    return bench.part(Done).once(asked.op, change)


def reopen(bench: Bench, asked: ReopenBody) -> JSON:
    """Take back a refusal: its items are open again."""

    def change() -> JSON:
        opened = bench.part(Refusals).reopen(asked.refusal)
        return {"rev": bench.workspace.trees.history.last, "entry": None, "opened": opened}

    return bench.part(Done).once(asked.op, change)


def grow(bench: Bench, asked: GrowBody) -> JSON:
    """Start a run that grows the tree at these features alone; what it finds waits for review."""
    workspace = bench.workspace
    with workspace.trees.reading() as tree:
        for node in asked.nodes:
            if node == ROOT or not tree.alive(node):
                raise BadInput(f"there is no feature with id {node} any more; choose others to grow.")
        at = tuple(tree.path(node) for node in asked.nodes)
    kept = workspace.settings()
    config = RunConfig(
        name=f"grow {at[0][-1]}"[:80].strip(),
        seed=len(workspace.runs()),  # another one for each press: the same question would get the same answer
        engine=kept.engine,
        models=kept.models,
        extract=ExtractConfig(enabled=False),
        grow=GrowConfig(steps=asked.steps, at=at, review=True),
        sample=SampleConfig(count=0),
        evolve=EvolveConfig(roots=0),
    )
    return {"run_id": workspace.start_run(config)}


def _chosen(tree: FeatureTree, proposal: Proposal, in_force: Sequence[int], asked: DecideBody) -> list[int]:
    """Numbers of the items that a request is about."""
    open_items: list[int] = _waiting(tree, proposal, in_force).tolist()
    if asked.items is None and asked.branch is None:
        return open_items
    wanted = set(asked.items or ())
    if asked.branch is not None:
        wanted |= {item for item in open_items if asked.branch in (ROOT, *tree.way(_nearest(tree, proposal, item)))}
    if asked.with_below:
        for row in (item for item in open_items if item < len(proposal.fragment)):
            if int(proposal.fragment.parent[row]) in wanted:
                wanted.add(row)
    return sorted(wanted)


def _waiting(tree: FeatureTree, proposal: Proposal, in_force: Sequence[int]) -> NDArray[np.int64]:
    """Open items that would still change something; of a large proposal all that are open."""
    found = proposal.open_items(in_force)
    if len(proposal.fragment) > _LOOKED_THROUGH:
        return found
    fragment = proposal.fragment
    places = {NO_PARENT: proposal.parent if tree.alive(proposal.parent) else None}
    for row, (above, name) in enumerate(zip(fragment.parent.tolist(), fragment.name, strict=True)):
        parent = places[above]
        places[row] = None if parent is None else tree.child(parent, name)
    bare = (fragment.observed == 0) & np.isnan(fragment.estimated)
    idle = [
        row
        for row, node in places.items()
        if row != NO_PARENT and node is not None and (proposal.counts == "keep" or bare[row])
    ]
    return found[~np.isin(found, idle)]


def _nearest(tree: FeatureTree, proposal: Proposal, number: int) -> int:
    """The feature of the tree that an item is about, or the lowest above what it would add."""
    if number >= len(proposal.fragment):
        node = subject(proposal.operations[number - len(proposal.fragment)])
        return node if tree.alive(node) else ROOT
    node = proposal.parent if tree.alive(proposal.parent) else ROOT
    for name in proposal.fragment.path(number):
        found = tree.child(node, name)
        if found is None:
            break
        node = found
    return node


def _item(tree: FeatureTree, proposal: Proposal, item: Item) -> dict[str, object]:
    return {
        "item": item.number, "kind": item.kind, "path": item.path, "summary": item.summary, "reason": item.reason,
        "state": item.state, "observed": item.observed, "estimated": item.estimated, "above": item.depends_on,
        "node": _nearest(tree, proposal, item.number),
    }  # fmt: skip


ENDPOINTS = (
    Endpoint("/api/tree/proposals", Empty, show_proposals),
    Endpoint("/api/tree/proposal_items", ItemsBody, show_items),
    Endpoint("/api/tree/decide", DecideBody, decide),
    Endpoint("/api/tree/reopen", ReopenBody, reopen),
    Endpoint("/api/tree/grow", GrowBody, grow),
)
