"""Drawing as one writes it in plain Python, from the paper alone: what the fast way is compared with.

No code is shared with `synth.tree`: names, counts and children come in as nested dictionaries.
"""

import itertools
import random
from collections import Counter
from math import exp, log
from typing import NamedTuple


class Node(NamedTuple):
    """A feature: its count and its children by name."""

    count: float
    children: "dict[str, Node]"


def nested(counts: dict[tuple[str, ...], float]) -> Node:
    """A tree from paths with counts; parents come before their children."""
    root = Node(0, {})
    for path, count in counts.items():
        place = root
        for name in path[:-1]:
            place = place.children[name]
        place.children[path[-1]] = Node(count, {})
    return root


def equation_1(counts: dict[str, float], temperature: float) -> dict[str, float]:
    """p' of each child."""
    if not any(counts.values()):
        return dict.fromkeys(counts, 1 / len(counts))
    total = sum(counts.values())
    powers = {name: exp((log(count) - log(total)) / temperature) for name, count in counts.items() if count}
    whole = sum(powers.values())
    return {name: powers.get(name, 0.0) / whole for name in counts}


def draw(node: Node, widths: tuple[int, ...], temperature: float, rng: random.Random) -> frozenset[tuple[str, ...]]:
    """Algorithm 1: so many children with replacement into a set, and below each of them again."""
    if not widths or not node.children:
        return frozenset()
    shares = equation_1({name: child.count for name, child in node.children.items()}, temperature)
    drawn: set[tuple[str, ...]] = set()
    for name in {*rng.choices(list(shares), list(shares.values()), k=widths[0])}:
        drawn.add((name,))
        drawn |= {(name, *path) for path in draw(node.children[name], widths[1:], temperature, rng)}
    return frozenset(drawn)


def every_draw(
    node: Node, widths: tuple[int, ...], temperature: float, *, distinct: bool = False
) -> dict[frozenset[tuple[str, ...]], float]:
    """All subtrees that can be drawn below a node with the probability of each, by going through every sequence."""
    if not widths or not node.children:
        return {frozenset(): 1.0}
    counts = {name: child.count for name, child in node.children.items()}
    sets: Counter[frozenset[str]] = Counter()
    if distinct:
        for order in itertools.permutations(counts, min(widths[0], len(counts))):
            share, left = 1.0, dict(counts)
            for name in order:
                share *= equation_1(left, temperature)[name]
                del left[name]
            sets[frozenset(order)] += share
    else:
        shares = equation_1(counts, temperature)
        for order in itertools.product(shares, repeat=widths[0]):
            share = 1.0
            for name in order:
                share *= shares[name]
            sets[frozenset(order)] += share
    found: Counter[frozenset[tuple[str, ...]]] = Counter()
    for names, share in sets.items():
        if share:
            options = [
                [
                    (name, below, p)
                    for below, p in every_draw(node.children[name], widths[1:], temperature, distinct=distinct).items()
                ]
                for name in sorted(names)
            ]
            for chosen in itertools.product(*options):
                paths = {(name,) for name, _, _ in chosen}
                paths |= {(name, *path) for name, below, _ in chosen for path in below}
                p = share
                for _, _, part in chosen:
                    p *= part
                found[frozenset(paths)] += p
    return dict(found)
