"""A random order of tests that keeps what belongs together: files stay whole, and classes in them."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

Item = TypeVar("Item")


def shuffled(items: Sequence[Item], name: Callable[[Item], str], seed: int) -> list[Item]:
    """The items in the order that `seed` draws; `name` gives a test's id.

    Files are shuffled, in each file its functions and classes, and in each class its tests.
    """
    chance = random.Random(seed)
    groups: dict[str, dict[str, list[Item]]] = {}
    for item in items:
        file, _, rest = name(item).partition("::")
        test = rest.split("[", 1)[0]
        unit = test.rpartition("::")[0] or test
        groups.setdefault(file, {}).setdefault(unit, []).append(item)
    ordered: list[Item] = []
    for file in _drawn(list(groups), chance):
        for unit in _drawn(list(groups[file]), chance):
            ordered += _drawn(groups[file][unit], chance)
    return ordered


def _drawn(values: Sequence[Item], chance: random.Random) -> list[Item]:
    return chance.sample(values, len(values))
