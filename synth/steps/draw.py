"""Draw: from the tree to the subtrees that tasks are made of (EpiCoder 2.3).

The category "programming language" is never drawn: the task step is told the language on its own.
"""

import random
from collections.abc import Iterator

from synth.errors import BadInput
from synth.ids import record_id, seed_number
from synth.records import FeaturePath, Shape, Subtree
from synth.tree.columns import FeatureTree
from synth.tree.draw import Drawer

_LANGUAGE: FeaturePath = ("programming language",)


def draw_subtrees(tree: FeatureTree, shape: Shape, count: int, seed: int, first: int = 0) -> Iterator[Subtree]:
    """Draws `first` to `first + count - 1` of the series that `seed` starts.

    Draw i depends on (seed, i, tree, shape) alone, so a series can be taken up anywhere; temperatures are used in turn.
    The tree must not change until the last one is taken. Raises `BadInput`, before the first draw, where the shape
    cannot be kept or the tree has nothing to draw.
    """
    _check_temperatures(shape)
    if any(path[:1] == _LANGUAGE for path in shape.fixed):
        raise BadInput("a fixed feature lies under `programming language`, which tasks are told apart; take it out.")
    drawer = Drawer(tree, shape.model_copy(update={"excluded": (*shape.excluded, _LANGUAGE)}))
    return (_draw_one(drawer, shape, seed, draw) for draw in range(first, first + count))


def _draw_one(drawer: Drawer, shape: Shape, seed: int, draw: int) -> Subtree:
    rng = random.Random(seed_number("subtree", seed, draw))
    temperature = shape.temperatures[draw % len(shape.temperatures)]
    features = drawer.draw(temperature, rng)
    return Subtree(
        id=record_id(Subtree.kind, seed, draw, shape.model_dump_json(), features),
        draw=draw,
        seed=seed,
        shape=shape,
        temperature=temperature,
        features=features,
        mandatory=_choose_mandatory(features, shape, rng),
    )


def _choose_mandatory(features: tuple[FeaturePath, ...], shape: Shape, rng: random.Random) -> tuple[FeaturePath, ...]:
    """`shape.mandatory` leaves of the draw, or all there are: the fixed ones first, then any alike."""
    inner = {path[:-1] for path in features}
    leaves = [path for path in features if path not in inner]
    chosen = [path for path in leaves if path in shape.fixed][: shape.mandatory]
    others = [path for path in leaves if path not in shape.fixed]
    while others and len(chosen) < shape.mandatory:
        chosen.append(others.pop(int(rng.random() * len(others))))
    return tuple(chosen)


def _check_temperatures(shape: Shape) -> None:
    if not shape.temperatures or not all(temperature > 0 for temperature in shape.temperatures):
        raise BadInput(f"`temperatures` needs at least one number, each above 0, got {list(shape.temperatures)}.")
