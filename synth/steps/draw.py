"""Draw: from the tree to the subtrees that tasks are made of (EpiCoder 2.3).

The category "programming language" is never drawn: the task step is told the language on its own.
"""

from collections.abc import Iterator

from synth.errors import BadInput
from synth.ids import record_id, seed_number
from synth.records import FeaturePath, Shape, Subtree
from synth.tree.columns import FeatureTree
from synth.tree.draw import Drawer

LANGUAGE: FeaturePath = ("programming language",)
"""The category that no draw holds."""


def task_shape(shape: Shape) -> Shape:
    """The shape as tasks draw under it. Raises `BadInput` where it fixes what tasks are told apart."""
    if any(path[:1] == LANGUAGE for path in shape.fixed):
        raise BadInput("a fixed feature lies under `programming language`, which tasks are told apart; take it out.")
    return shape.model_copy(update={"excluded": (*shape.excluded, LANGUAGE)})


def draw_subtrees(tree: FeatureTree, shape: Shape, count: int, seed: int, first: int = 0) -> Iterator[Subtree]:
    """Draws `first` to `first + count - 1` of the series that `seed` starts.

    Draw i depends on (seed, i, tree, shape) alone, so a series can be taken up anywhere; temperatures are used in turn.
    The tree must not change until the last one is taken. Raises `BadInput`, before the first draw, where the shape
    cannot be kept or the tree has nothing to draw.
    """
    drawer = Drawer(tree, task_shape(shape))
    return records_of(drawer, shape, count, seed, first)


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
