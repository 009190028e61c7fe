"""Answer to `grow_features`: a subtree expanded in breadth and depth from the lexicon and the running interpreter."""

import json
import random
from collections.abc import Iterable, Iterator, Sequence

from synth.ids import seed_number
from synth.models.base import Request
from synth.models.offline.grow_live import live_children
from synth.models.offline.lexicon import load_names, load_table, vocabulary
from synth.models.offline.phrases import singular
from synth.records import FeaturePath
from synth.tree.names import near_key
from synth.tree.nested import from_nested, to_nested

DEEPEST = 7
"""Names in a path that growth still adds."""
_BREADTH = (2, 5)
_DEPTH = (2, 4)
_NO_FACETS = frozenset(("programming language", "implementation style", "implementation logic"))
"""Their names speak of code, and what facets know is about what code does."""
_Candidate = tuple[str, float]
"""A name and how likely it is taken, against the others."""


def answer_grow_features(request: Request) -> str:
    """The whole of `inputs["subtree"]` with at least two siblings more in each group and finer leaves, where known.

    Drawn at random by the subtree, the draw number and the earlier tries; at temperature 0 the best known come first.
    """
    try:
        given = from_nested(request.inputs["subtree"])
    except ValueError as error:
        return f"<decline>the subtree cannot be read: {error}</decline>"
    rng = random.Random(seed_number("grow", json.dumps(given), request.draw, len(request.previous)))
    grown = _grow(given, rng, request.temperature)
    if len(grown) == len(given):
        return "<decline>nothing in the lexicon or the interpreter lies next to or below these features</decline>"
    return f"<begin>{json.dumps(to_nested(grown), ensure_ascii=False)}<end>"


def _grow(given: Sequence[FeaturePath], rng: random.Random, temperature: float) -> list[FeaturePath]:
    below: dict[FeaturePath, list[str]] = {path: [] for path in given}
    for path in given:
        if len(path) > 1:
            below[path[:-1]].append(path[-1])
    added: list[FeaturePath] = []
    for path, children in below.items():
        if len(path) < DEEPEST:
            count = rng.randint(*(_BREADTH if children or len(path) == 1 else _DEPTH))
            fresh = _fresh(_candidates(path, children), (*path, *children))
            added.extend((*path, name) for name in _draw(fresh, count, rng, temperature))
    return [*given, *added]


def _candidates(path: FeaturePath, children: Sequence[str]) -> Iterator[_Candidate]:
    """What may stand below `path`, the surest first."""
    words = vocabulary()
    keys = tuple(map(near_key, path))
    yield from ((name, 1.0) for name in words.children.get(keys, ()))
    yield from ((name, 0.7) for name in live_children(path))
    if path[0] == "dependency relations":
        return
    if len(path) > 1:
        for place in words.places.get(keys[-1], ()):
            if (place[0] == "workflow") != (path[0] == "workflow"):
                continue  # a stage and a feature of one name hold different things
            yield from ((name, 0.5) for name in words.children.get(tuple(map(near_key, place)), ()))
    for child in children:
        for place in words.places.get(near_key(child), ()):
            if place[0] == path[0] and len(place) > 2:
                yield from ((name, 0.4) for name in words.children.get(tuple(map(near_key, place[:-1])), ()))
    if len(path) > 1:
        yield from ((name, 0.3) for name in _facets(path))


def _facets(path: FeaturePath) -> Iterator[str]:
    """Aspects of the things that a name speaks of, unless something above it speaks of them already."""
    if path[0] in _NO_FACETS:
        return
    table = load_table("facets")
    spoken = {singular(word) for name in path[:-1] for word in name.split()}
    for word in dict.fromkeys(map(singular, path[-1].removeprefix("test for ").split())):
        if word in table and word not in spoken:
            yield from load_names("facets", word)


def _fresh(candidates: Iterable[_Candidate], taken: Sequence[str]) -> list[_Candidate]:
    """The candidates that say nothing that an ancestor, a sibling or an earlier candidate says."""
    seen = set(map(near_key, taken))
    fresh: list[_Candidate] = []
    for name, weight in candidates:
        key = near_key(name)
        if key not in seen:
            seen.add(key)
            fresh.append((name, weight))
    return fresh


def _draw(fresh: Sequence[_Candidate], count: int, rng: random.Random, temperature: float) -> list[str]:
    """Weighted, without replacement (Efraimidis and Spirakis' keys); the higher the temperature, the flatter."""
    if temperature <= 0:
        return [name for name, _ in fresh[:count]]
    keys = [rng.random() ** (1 / weight ** (1 / temperature)) for _, weight in fresh]
    best = sorted(range(len(fresh)), key=lambda place: (-keys[place], place))[:count]
    return [fresh[place][0] for place in sorted(best)]
