"""What the inspector shows of a feature: all that is cheap at once, what takes longer each by a request of its own."""

import threading
from collections.abc import Sequence

import numpy as np
from pydantic import Field

from synth.api.bench import Bench
from synth.api.edits import entry_line
from synth.api.endpoint import JSON, Body, Endpoint, Many
from synth.api.extents import Extents
from synth.errors import NotFound
from synth.records import FeaturePath
from synth.steps.draw import LANGUAGE
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.layout import weighed
from synth.tree.standing import Standing
from synth.workspace import Workspace

MOST_SEEN = 12
"""Children whose share is told one by one."""
MOST_LINES = 1_200
MOST_CHARACTERS = 60_000
"""Lines, and characters, of a seed that are sent."""
MOST_ENTRIES = 50
MOST_CHOSEN = 20_000
_KEPT = 4
_NAMED = 5


class NodeBody(Body):
    """A feature, 0 for the whole tree, and how draws weigh."""

    node: int = Field(ge=0)
    temperature: float = 1.0
    boosts: dict[str, float] = Field(default_factory=dict)
    excluded: Many[FeaturePath] = Field(default=(), max_length=MOST_CHOSEN)
    """Paths; those that no feature has any more are left out."""


class ChosenBody(Body):
    """Several features."""

    nodes: Many[int] = Field(max_length=MOST_CHOSEN)


class OfNode(Body):
    """A feature."""

    node: int = Field(ge=0)


class PageBody(OfNode):
    """A page of a list of a feature."""

    first: int = Field(default=0, ge=0)
    count: int = Field(default=20, ge=1, le=200)


class SeedBody(Body):
    """A seed."""

    seed: str = Field(max_length=200)


class Standings:
    """Where features stand among their siblings, for the latest ways of weighing."""

    def __init__(self, workspace: Workspace) -> None:
        self._lock = threading.Lock()
        self._kept: dict[object, tuple[FeatureTree, Standing]] = {}

    def of(self, tree: FeatureTree, asked: NodeBody) -> Standing:
        """The standing for one way of weighing. Raises `BadInput` for a temperature or a boost that is none."""
        excluded = frozenset(node for path in (*asked.excluded, LANGUAGE) if (node := tree.node(path)))
        key = (asked.temperature, tuple(sorted(asked.boosts.items())), excluded)
        with self._lock:
            known = self._kept.pop(key, None)
            found = (
                known[1] if known and known[0] is tree else Standing(tree, asked.temperature, asked.boosts, excluded)
            )
            self._kept[key] = (tree, found)
            while len(self._kept) > _KEPT:
                self._kept.pop(next(iter(self._kept)))
            return found


def node(bench: Bench, asked: NodeBody) -> JSON:
    """All that is cheap to tell of a feature. Raises `NotFound`."""
    made = bench.workspace.uses.of(asked.node)
    standings = bench.part(Standings)
    with bench.workspace.trees.reading() as tree:
        living(tree, asked.node)
        standing = standings.of(tree, asked)
        chance = standing.chances([asked.node])[0] if asked.node else 1.0
        share = standing.shares([asked.node])[0] if asked.node else 1.0
        return {
            "node": asked.node,
            "path": way_to(tree, asked.node),
            "observed": tree.observed(asked.node),
            "estimated": tree.estimated(asked.node),
            "weight": tree.count(asked.node),
            "share": float(share),
            "chance": float(chance),
            "reach": standing.reach(asked.node),
            "siblings": tree.child_count(max(tree.parent(asked.node), 0)),
            "children": tree.child_count(asked.node),
            "size": bench.part(Extents).now().size(asked.node) - 1,
            "locked": tree.locked(asked.node),
            "status": tree.status(asked.node),
            "note": tree.note(asked.node),
            "evidence": len(tree.seeds_of(asked.node)),
            "distribution": _spread(tree, standing, asked.node),
            "made": made,
            "pass_rate": made.pass_rate,
            "apart": tree.path(asked.node)[:1] == LANGUAGE,
        }


def chosen(bench: Bench, asked: ChosenBody) -> JSON:
    """What several features come to together, and which of them are gone."""
    with bench.workspace.trees.reading() as tree:
        nodes = [one for one in dict.fromkeys(asked.nodes) if one != ROOT and tree.alive(one)]
        layout, rows = tree.layout(), np.array(nodes, np.int64)
        estimated = layout.estimated[rows]
        above = common_parent(tree, nodes)
        return {
            "many": len(nodes),
            "gone": [one for one in dict.fromkeys(asked.nodes) if not tree.alive(one)],
            "observed": int(layout.observed[rows].sum()),
            "estimated": float(np.nansum(estimated)) if len(rows) and not np.isnan(estimated).all() else None,
            "weight": float(weighed(layout.observed[rows], layout.estimated[rows]).sum()),
            "locked": int(tree.column("locked")[rows].astype(bool).sum()),
            "leaves": int((layout.child_len[rows] == 0).sum()),
            "parent": way_to(tree, above),
            "siblings": bool(nodes) and all(tree.parent(one) == above for one in nodes),
            "first": [{"node": one, "name": tree.name(one)} for one in nodes[:_NAMED]],
        }


def evidence(bench: Bench, asked: PageBody) -> JSON:
    """One page of the seeds that show a feature. Raises `NotFound`."""
    with bench.workspace.trees.reading() as tree:
        living(tree, asked.node)
        ids = tree.evidence(asked.node)
    page = ids[asked.first : asked.first + asked.count]
    seeds = bench.workspace.seeds_by_id(page)
    return {
        "total": len(ids),
        "missing": len(page) - len(seeds),
        "seeds": [
            {"id": seed.id, "place": f"{seed.path}:{seed.line}", "name": seed.name, "unit": seed.unit,
             "licence": seed.licence}
            for seed in seeds
        ],
    }  # fmt: skip


def code(bench: Bench, asked: SeedBody) -> JSON:
    """The code of a seed, with the number of its first line. Raises `NotFound`."""
    seed = bench.workspace.seed(asked.seed)
    lines = seed.code[:MOST_CHARACTERS].splitlines()[:MOST_LINES]
    return {
        "id": seed.id,
        "path": seed.path,
        "name": seed.name,
        "licence": seed.licence,
        "line": seed.line,
        "end_line": seed.end_line,
        "lines": lines,
        "more": max(len(seed.code.splitlines()) - len(lines), 0),
    }


def node_history(bench: Bench, asked: OfNode) -> JSON:
    """The latest entries that changed a feature, newest first, and whether each is in force."""
    history = bench.workspace.trees.history
    if not 0 <= asked.node < history.tree.rows:
        raise NotFound(f"there never was a feature with the id {asked.node}.")
    entries = history.of_node(asked.node)  # entries are only ever added: nobody has to wait for this
    in_force = set(history.in_force())
    latest = entries[::-1][:MOST_ENTRIES]
    return {
        "total": len(entries),
        "entries": [{**entry_line(entry), "in_force": entry.number in in_force} for entry in latest],
    }


def made(bench: Bench, asked: PageBody) -> JSON:
    """One page of the tasks that were made from a feature, the latest first. Raises `NotFound`."""
    with bench.workspace.trees.reading() as tree:
        living(tree, asked.node)
        path = tree.path(asked.node)
    tasks, total = bench.workspace.uses.tasks_of(path, asked.count, asked.first)
    spent = None if asked.first else bench.workspace.spent_on(path)  # it does not differ from page to page
    return {"total": total, "tasks": tasks, "spent": spent}


def living(tree: FeatureTree, node: int) -> None:
    """Raises `NotFound` where the id means no feature of the tree as it is now."""
    if not tree.alive(node):
        raise NotFound(f"there is no feature with the id {node}; it may have been deleted or merged.")


def way_to(tree: FeatureTree, node: int) -> list[dict[str, object]]:
    """A feature and those above it, from the category down; empty for the root."""
    return [{"node": one, "name": tree.name(one)} for one in tree.way(node)]


def common_parent(tree: FeatureTree, nodes: Sequence[int]) -> int:
    """The lowest feature that has all of these below it; 0 for the root."""
    shared: list[int] | None = None
    for parent in dict.fromkeys(tree.parent(one) for one in nodes):
        way = tree.way(parent)
        if shared is None:
            shared = way
        else:
            same = next((at for at, pair in enumerate(zip(shared, way, strict=False)) if pair[0] != pair[1]), None)
            shared = shared[: min(len(shared), len(way)) if same is None else same]
    return shared[-1] if shared else ROOT


def _spread(tree: FeatureTree, standing: Standing, node: int) -> dict[str, object]:
    found = standing.distribution(node, MOST_SEEN)
    return {
        "parts": [
            {"node": part.node, "name": tree.name(part.node), "count": part.count, "before": part.before,
             "after": part.after}
            for part in found.parts
        ],
        "rest": {"many": found.more, "count": found.count, "before": found.before, "after": found.after},
    }  # fmt: skip


ENDPOINTS = (
    Endpoint("/api/tree/node", NodeBody, node, quick=True),
    Endpoint("/api/tree/chosen", ChosenBody, chosen),
    Endpoint("/api/tree/evidence", PageBody, evidence),
    Endpoint("/api/seeds/code", SeedBody, code),
    Endpoint("/api/tree/node_history", OfNode, node_history),
    Endpoint("/api/tree/made", PageBody, made),
)
