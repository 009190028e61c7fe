"""A treemap of one branch: a few hundred marks at most, the rest in buckets."""

from collections.abc import Sequence
from dataclasses import dataclass

import plotly.graph_objects as go
import streamlit as st

from pages.parts.branch import ROOT_NAME, by_count, go_to
from pages.parts.text import amount, chart_text
from synth.records import FeaturePath
from synth.workspace import FeatureTree

MOST_MARKS = 300
_LEVELS = 3
_FEWEST = 3
"""A parent with room for fewer children than this is shown whole."""
_HEIGHT = 460
_LEGEND = ":green-badge[observed in seeds] :orange-badge[estimated by growth] :gray-badge[more siblings]"
_DEPTH_LEGEND = ":gray-badge[darker: nearer to the top of the branch]"
_ROOT = 0

_INK, _CHALK = "#14201a", "#f6f8f3"
# Mid tones: each stands off from the paper of the light theme and from the night of the dark one.
_LEAF = {"observed": "#8dc3a6", "estimated": "#e0b76c", "more": "#7b837b", "chosen": "#f2e6a8"}
_FRAME = {"observed": "#417a5f", "estimated": "#a8752a", "more": "#666e66"}
_DEPTHS = ("#666e66", "#2f6349", "#549273", "#8dc3a6", "#b7dcc7")


@dataclass(frozen=True, slots=True)
class Mark:
    """One rectangle: a node, or a bucket of the siblings that found no room."""

    id: str
    parent: str
    name: str
    area: float
    """Its share of the branch: each node shares its own area among its children by their counts."""
    observed: int
    estimated: float | None
    below: int
    """Children; for a bucket how many nodes are in it."""
    depth: int
    bucket: bool = False
    inner: bool = False
    """Children of it are shown, so the rectangle is theirs."""


def marks_of(tree: FeatureTree, path: FeaturePath, most: int = MOST_MARKS) -> list[Mark]:
    """The marks of the branch at `path`: level by level as long as there is room, never more than `most`."""
    top = tree.node(path) or _ROOT
    marks = {top: _mark(tree, top, "", 1.0, 0)}
    buckets: list[Mark] = []
    level = [top]
    for depth in range(1, _LEVELS + 1):
        parents = [node for node in level if tree.children(node)]
        room = (most - len(marks) - len(buckets)) // max(1, len(parents))
        if room < _FEWEST:
            break
        level = []
        for parent in parents:
            shown, bucket = _children(tree, parent, marks[parent], depth, room)
            marks[parent] = _opened(marks[parent])
            marks |= shown
            buckets += bucket
            level += shown
    return [*marks.values(), *buckets]


def _children(tree: FeatureTree, parent: int, above: Mark, depth: int, room: int) -> tuple[dict[int, Mark], list[Mark]]:
    children = by_count(tree, parent)
    total = sum(tree.count(child) for child in children)
    kept = children if len(children) <= room else children[: room - 1]
    shown = {}
    for child in kept:
        share = tree.count(child) / total if total else 1 / len(children)
        shown[child] = _mark(tree, child, above.id, above.area * share, depth)
    rest = len(children) - len(kept)
    if not rest:
        return shown, []
    area = max(0.0, above.area - sum(mark.area for mark in shown.values()))
    observed = sum(tree.observed(child) for child in children[len(kept) :])
    return shown, [Mark(f"{parent}+", above.id, f"+{rest:,} more", area, observed, None, rest, depth, bucket=True)]


def _mark(tree: FeatureTree, node: int, parent: str, area: float, depth: int) -> Mark:
    return Mark(
        id=str(node),
        parent=parent,
        name=tree.name(node) if node != _ROOT else ROOT_NAME,
        area=area,
        observed=tree.observed(node),
        estimated=tree.estimated(node),
        below=len(tree.children(node)),
        depth=depth,
    )


def _opened(mark: Mark) -> Mark:
    return Mark(
        mark.id, mark.parent, mark.name, mark.area, mark.observed, mark.estimated, mark.below, mark.depth, inner=True
    )


def map_figure(marks: Sequence[Mark], by_depth: bool, chosen: str = "") -> go.Figure:
    """The treemap; names are shown letter for letter. `chosen` is the id of a mark to set off."""
    colours = [_colour(mark, by_depth, chosen) for mark in marks]
    figure = go.Figure(
        go.Treemap(
            ids=[mark.id for mark in marks],
            parents=[mark.parent for mark in marks],
            labels=[chart_text(mark.name, 60) for mark in marks],
            values=[0.0 if mark.inner else mark.area for mark in marks],
            customdata=[
                [chart_text(mark.name, 120), f"{mark.observed:,}", amount(mark.estimated), f"{mark.below:,}"]
                for mark in marks
            ],
            branchvalues="remainder",
            marker={
                "colors": [colour for colour, _ in colours],
                "line": {"width": 0},
                "cornerradius": 3,
                "pad": {"t": 20, "l": 3, "r": 3, "b": 3},
            },
            textinfo="label",
            textfont={"color": [ink for _, ink in colours]},
            tiling={"pad": 2},
            hovertemplate="<b>%{customdata[0]}</b><br>observed %{customdata[1]}<br>estimated %{customdata[2]}"
            "<br>children %{customdata[3]}<extra></extra>",
            pathbar={"visible": False},
            maxdepth=_LEVELS + 1,
        )
    )
    figure.update_layout(
        margin={"t": 0, "l": 0, "r": 0, "b": 0}, height=_HEIGHT, uniformtext={"minsize": 9, "mode": "hide"}
    )
    return figure


def _colour(mark: Mark, by_depth: bool, chosen: str) -> tuple[str, str]:
    """Fill and text."""
    if mark.id == chosen:
        return _LEAF["chosen"], _INK
    if by_depth and not mark.bucket:
        depth = min(mark.depth, len(_DEPTHS) - 1)
        return _DEPTHS[depth], _INK if depth > 2 else _CHALK
    origin = "more" if mark.bucket or not mark.parent else "observed" if mark.observed else "estimated"
    fill = _FRAME if mark.inner else _LEAF
    return fill[origin], _CHALK if mark.inner or origin == "more" else _INK


def show_map(tree: FeatureTree, path: FeaturePath, by_depth: bool, key: str) -> None:
    """The map of the branch at `path`; a leaf is shown in its parent's branch. A click on a node goes there."""
    node = tree.node(path)
    branch = path if node is None or tree.children(node) else path[:-1]
    marks = marks_of(tree, branch)
    widget = f"{key}-map-{tree.node(branch)}-{by_depth}"
    st.plotly_chart(
        map_figure(marks, by_depth, "" if branch == path else str(node)),
        key=widget,
        on_select=lambda: _clicked(tree, key, widget),
        selection_mode="points",
        config={"displayModeBar": False},
        alt=f"Treemap of {len(marks) - 1} features below {branch[-1] if branch else ROOT_NAME}",
    )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.markdown(_DEPTH_LEGEND if by_depth else _LEGEND, width="content")
        st.caption("Area: share among siblings by count. Click a feature to go there.", width="content")


def _clicked(tree: FeatureTree, key: str, widget: str) -> None:
    points = st.session_state[widget].selection.points
    found = str(points[0].get("id", "")).removesuffix("+") if points else ""  # a bucket leads to its parent
    if found.isdecimal() and int(found) <= len(tree):
        go_to(key, tree.path(int(found)))
