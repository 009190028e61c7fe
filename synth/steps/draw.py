"""Draw: from the tree to the subtrees that tasks are made of (EpiCoder 2.3).

The category "programming language" is never drawn: the task step is told the language on its own.
"""

from collections.abc import Iterator, Sequence

from synth.errors import BadInput
from synth.ids import record_id, seed_number
from synth.records import FeaturePath, Shape, Subtree
from synth.tree.bounds import resolve
from synth.tree.columns import FeatureTree
from synth.tree.draw import Drawer

LANGUAGE: FeaturePath = ("programming language",)
"""The category that no draw holds."""
_TURNS = 16
"""So many draws of one target are made at once: making its tables takes longer than a draw."""


def task_shape(shape: Shape) -> Shape:
    """The shape as tasks draw under it. Raises `BadInput` where it fixes what tasks are told apart."""
    if any(path[:1] == LANGUAGE for path in shape.fixed):
        raise BadInput("a fixed feature lies under `programming language`, which tasks are told apart; take it out.")
    return shape.model_copy(update={"excluded": (*shape.excluded, LANGUAGE)})


def draw_subtrees(
    tree: FeatureTree,
    shape: Shape,
    count: int,
    seed: int,
    first: int = 0,
    targets: Sequence[FeaturePath] = (),
) -> Iterator[Subtree]:
    """Draws `first` to `first + count - 1` of the series that `seed` starts.

    Draw i depends on (seed, i, tree, shape, targets) alone, so a series can be taken up anywhere; temperatures are used
    in turn. With `targets` draw i holds `targets[i % len(targets)]` as a mandatory leaf. The tree must not change until
    the last one is taken. Raises `BadInput`, before the first draw, where the shape cannot be kept, a target cannot be
    drawn, or the tree has nothing to draw.
    """
    drawer = Drawer(tree, task_shape(shape))
    if not targets:
        return records_of(drawer, shape, count, seed, first)
    check_targets(tree, shape, targets)
    return _targeted(tree, shape, count, seed, first, tuple(targets))


def check_targets(tree: FeatureTree, shape: Shape, targets: Sequence[FeaturePath]) -> None:
    """Raise `BadInput` that names a target which no draw under the shape can hold as a leaf."""
    for target in dict.fromkeys(targets):
        shown = " > ".join(target)
        if tree.node(target) is None:
            raise BadInput(f"target `{shown}` is not in the tree; check its spelling or take it out of the targets.")
        if len(target) > len(shape.widths):
            raise BadInput(
                f"target `{shown}` lies on level {len(target)}, but the shape ends at level {len(shape.widths)};"
                " add a width, or take a feature above it."
            )
        if target[:1] == LANGUAGE:
            raise BadInput(f"target `{shown}` lies under `{LANGUAGE[0]}`, which tasks are told apart; take it out.")
        for path in shape.excluded:
            if target[: len(path)] == path:
                raise BadInput(f"target `{shown}` is excluded by `{' > '.join(path)}`; drop one of both.")
        for path in shape.fixed:
            if path != target and path[: len(target)] == target:
                raise BadInput(f"target `{shown}` is no leaf of a draw where `{' > '.join(path)}` is fixed; drop one.")
        try:
            resolve(tree, aimed_shape(tree, shape, target))
        except BadInput as error:
            raise BadInput(f"target `{shown}` cannot be drawn: {error}") from error


def aimed_shape(tree: FeatureTree, shape: Shape, target: FeaturePath) -> Shape:
    """The shape of a draw for a target: it is fixed, and with nothing below it a leaf."""
    node = tree.node(target)
    below = () if node is None else tuple((*target, name) for name in tree.names_below(node))
    fixed = tuple(dict.fromkeys((*shape.fixed, target)))
    return task_shape(shape.model_copy(update={"fixed": fixed, "excluded": (*shape.excluded, *below)}))


def _targeted(
    tree: FeatureTree, shape: Shape, count: int, seed: int, first: int, targets: tuple[FeaturePath, ...]
) -> Iterator[Subtree]:
    end, turns = first + count, len(targets) * _TURNS
    for begin in range(first, end, turns):
        drawn: dict[int, Subtree] = {}
        until = min(begin + turns, end)
        for turn in range(begin, min(begin + len(targets), until)):
            target = targets[turn % len(targets)]
            drawer = Drawer(tree, aimed_shape(tree, shape, target))
            for number in range(turn, until, len(targets)):
                (plain,) = records_of(drawer, shape, 1, seed, number)
                drawn[number] = _aimed(plain, target)
        yield from (drawn[number] for number in range(begin, until))


def _aimed(drawn: Subtree, target: FeaturePath) -> Subtree:
    """The draw with its target as the first of the mandatory leaves."""
    others = [path for path in drawn.mandatory if path != target]
    mandatory = (target, *others)[: max(drawn.shape.mandatory, 1)]
    made = record_id(Subtree.kind, drawn.id, target)
    return drawn.model_copy(update={"id": made, "mandatory": mandatory})


def records_of(drawer: Drawer, shape: Shape, count: int, seed: int, first: int = 0) -> Iterator[Subtree]:
    """The same series from a drawer of one's own; `shape` is what the records name."""
    series = seed_number("subtree", seed)
    written = shape.model_dump_json()
    for draws in drawer.batches(series, first, count):
        chosen = drawer.mandatory(series, draws)
        written_draws = drawer.all_paths(draws)
        for draw, features, mandatory in zip(draws.numbers.tolist(), written_draws, chosen, strict=True):
            yield Subtree(
                id=record_id(Subtree.kind, seed, draw, written, features),
                draw=draw,
                seed=seed,
                shape=shape,
                temperature=shape.temperatures[draw % len(shape.temperatures)],
                features=features,
                mandatory=drawer.paths(mandatory),
            )
