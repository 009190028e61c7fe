"""What a shape means on a tree: its paths as nodes, checked before anything is drawn."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.errors import BadInput
from synth.records import CATEGORIES, FeaturePath, Shape
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.reweight import check_temperature

MOST_CELLS = 1_000_000
"""Features that one draw may have; more fit into no prompt."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """A shape on a tree, in node ids."""

    widths: tuple[int, ...]
    temperatures: tuple[float, ...]
    mandatory: int
    distinct: bool
    fixed: dict[int, tuple[int, ...]]
    """Children that are in every draw, by parent, as shown."""
    named: frozenset[int]
    """The fixed features themselves, without those above them."""
    held: frozenset[int]
    """Every node on the way to a fixed feature: in every draw."""
    excluded: frozenset[int]
    boosts: dict[str, float]
    never: tuple[tuple[int, int], ...]
    """Pairs that are in no draw together."""
    only_with: tuple[tuple[int, int], ...]
    """The first of a pair is in a draw only where the second is."""


def cells_of(widths: Sequence[int]) -> int:
    """The most features that a draw under these widths can have."""
    total, level = 0, 1
    for width in widths:
        level *= width
        total += level
    return total


def resolve(tree: FeatureTree, shape: Shape) -> Bounds:
    """A shape on a tree. Excluded features and rules may name what the tree does not hold (yet): nothing follows then.

    Raises `BadInput` where the shape cannot be kept: it has no widths, a boost names no category, a fixed path is not
    in the tree, is excluded, lies below the last level or has more fixed siblings than the width, or two fixed
    features break a rule.
    """
    _check_numbers(tree, shape)
    excluded = {node for path in shape.excluded if (node := tree.node(path)) is not None}
    never, only_with = _rules(tree, shape, excluded)
    fixed = _fixed_children(tree, shape, excluded)
    held = frozenset(child for below in fixed.values() for child in below)
    _check_rules(tree, held, never, only_with)
    return Bounds(
        widths=shape.widths,
        temperatures=shape.temperatures,
        mandatory=shape.mandatory,
        distinct=shape.distinct,
        fixed=fixed,
        named=frozenset(node for path in shape.fixed if (node := tree.node(path)) is not None),
        held=held,
        excluded=frozenset(excluded),
        boosts=dict(shape.boosts),
        never=never,
        only_with=only_with,
    )


def _check_numbers(tree: FeatureTree, shape: Shape) -> None:
    if not shape.widths or min(shape.widths) < 1:
        raise BadInput(f"`widths` needs at least one width, each 1 or more, got {list(shape.widths)}.")
    if cells_of(shape.widths) > MOST_CELLS:
        raise BadInput(
            f"the widths {list(shape.widths)} allow {cells_of(shape.widths):,} features in one draw; the most is"
            f" {MOST_CELLS:,}. Give smaller widths or fewer levels."
        )
    if not shape.temperatures:
        raise BadInput("`temperatures` needs at least one number.")
    for temperature in shape.temperatures:
        check_temperature(temperature, "each of `temperatures`")
    known = {*CATEGORIES, *tree.names_below(ROOT)}
    for name, factor in shape.boosts:
        if name not in known:
            raise BadInput(f"`boosts` names `{name}`, which is no category; the categories are {sorted(known)}.")
        if not 0 <= factor < float("inf"):
            raise BadInput(f"the boost of `{name}` must be finite and 0 or more, got {factor}.")


def _rules(
    tree: FeatureTree, shape: Shape, excluded: set[int]
) -> tuple[tuple[tuple[int, int], ...], tuple[tuple[int, int], ...]]:
    never, only_with = [], []
    for one, other in shape.never:
        if one == other:
            raise BadInput(f"`never` pairs `{' > '.join(one)}` with itself; exclude it instead.")
        first, second = tree.node(one), tree.node(other)
        if first is not None and second is not None:
            never.append((first, second))
    for one, other in shape.only_with:
        first, second = tree.node(one), tree.node(other)
        if first is None:
            continue
        if second is None or len(other) > len(shape.widths):
            excluded.add(first)  # what it needs is in no draw
        else:
            only_with.append((first, second))
    return tuple(never), tuple(only_with)


def _fixed_children(tree: FeatureTree, shape: Shape, excluded: set[int]) -> dict[int, tuple[int, ...]]:
    fixed: dict[int, set[int]] = {}
    for path in shape.fixed:
        for parent, child in _steps(tree, shape, path, excluded):
            fixed.setdefault(parent, set()).add(child)
    for parent, below in fixed.items():
        level = tree.depth(parent)
        if len(below) > shape.widths[level]:
            place = " > ".join(tree.path(parent)) or "the root"
            raise BadInput(
                f"{len(below)} features below {place} are fixed, but level {level + 1} of the shape has width"
                f" {shape.widths[level]}; widen that level or fix fewer."
            )
    return {parent: tuple(node for node in tree.children(parent) if node in below) for parent, below in fixed.items()}


def _steps(tree: FeatureTree, shape: Shape, path: FeaturePath, excluded: set[int]) -> Iterator[tuple[int, int]]:
    """(parent, child) for each node on a fixed path."""
    shown = " > ".join(path)
    if not path or tree.node(path) is None:
        raise BadInput(f"fixed feature `{shown}` is not in the tree; check its spelling or take it out of `fixed`.")
    if len(path) > len(shape.widths):
        raise BadInput(
            f"fixed feature `{shown}` lies on level {len(path)}, but the shape ends at level {len(shape.widths)};"
            " add a width or fix a feature above it."
        )
    parent = ROOT
    for depth, name in enumerate(path, start=1):
        child = tree.names_below(parent)[name]
        if child in excluded:
            above = " > ".join(path[:depth])
            raise BadInput(f"fixed feature `{shown}` is excluded by `{above}`; drop one of both.")
        yield parent, child
        parent = child


def _check_rules(
    tree: FeatureTree,
    held: frozenset[int],
    never: Sequence[tuple[int, int]],
    only_with: Sequence[tuple[int, int]],
) -> None:
    def shown(node: int) -> str:
        return f"`{' > '.join(tree.path(node))}`"

    for one, other in never:
        if one in held and other in held:
            raise BadInput(f"{shown(one)} and {shown(other)} are both fixed, but a rule keeps them apart; drop one.")
    for one, other in only_with:
        if one in held and other not in held:
            raise BadInput(f"{shown(one)} is fixed, but comes only with {shown(other)}; fix that too.")
