"""Answer to `cluster_features`: keywords worked into the demonstration tree, which stays of a readable size.

A keyword goes where the tree or the lexicon has it, else next to the feature that it shares most telling words with.
"""

import json
import math
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import zip_longest

from synth.models.base import Request
from synth.models.offline.lexicon import verbs, vocabulary
from synth.models.offline.phrases import singular
from synth.records import CATEGORIES, FeaturePath
from synth.tree.names import near_key, normalise
from synth.tree.nested import from_nested, to_nested

MOST_FEATURES = 200
"""Nodes of the refined tree, categories included."""
_DEEPEST = 4
_LEAST_OVERLAP = 0.45
"""Share of the telling words, by weight, that a keyword has in common with the feature it is put next to."""
_MOST_CHILDREN = 8


@dataclass(slots=True)
class _Tree:
    """The tree under work: every node with the number of keywords that are it, in the order in which they came."""

    support: dict[FeaturePath, int] = field(default_factory=dict)
    by_key: dict[str, FeaturePath] = field(default_factory=dict)

    def add(self, path: FeaturePath, support: int) -> None:
        for depth in range(1, len(path) + 1):
            self.support.setdefault(path[:depth], 0)
            if depth > 1:
                self.by_key.setdefault(near_key(path[depth - 1]), path[:depth])
        self.support[path] += support


def answer_cluster_features(request: Request) -> str:
    """`inputs["demonstration"]` with `inputs["keywords"]` placed; features that none of them is near give way first."""
    given = request.inputs["keywords"]
    known = [normalise(word) for word in given if isinstance(word, str)] if isinstance(given, Sequence) else []
    keywords = [word for word in known if word is not None]
    try:
        demonstration = from_nested(request.inputs["demonstration"])
    except ValueError as error:
        return f"<decline>the demonstration cannot be read: {error}</decline>"
    tree = _Tree()
    for path in demonstration:
        if path[0] in CATEGORIES:
            tree.add(path, 0)
    placed = 0
    for word in dict.fromkeys(keywords):
        home = _place(word, tree)
        if home is not None:
            tree.add(home, keywords.count(word))
            placed += 1
    if not placed:
        return "<decline>none of the keywords is a feature that the lexicon or the tree knows</decline>"
    return f"<begin>{json.dumps(to_nested(_choose(tree, demonstration)), ensure_ascii=False)}<end>"


def _place(word: str, tree: _Tree) -> FeaturePath | None:
    """Where a keyword belongs, its own wording kept; None where nothing says so."""
    key = near_key(word)
    if key in tree.by_key:
        path = tree.by_key[key]
        return path if normalise(path[-1]) == word else (*path[:-1], word)
    if word in sys.stdlib_module_names:
        library = tree.by_key.get(near_key("standard library"))
        return (*library, word) if library is not None else ("dependency relations", word)
    known = [path for path in vocabulary().places.get(key, ()) if len(path) > 1]
    if known:
        best = min(known, key=lambda path: (len(path) == 2, normalise(path[-1]) != word, path[0] == "functionality"))
        return (*_parent_in(tree, best), word)
    near = _nearest(_telling(word))
    if near is not None:
        return (*_parent_in(tree, near), word)
    first, _, rest = word.partition(" ")
    return ("workflow", verbs()[first].stage, word) if first in verbs() and rest else None


def _parent_in(tree: _Tree, place: FeaturePath) -> FeaturePath:
    """The parent of a place of the lexicon, by the names that the tree has for it in the same category."""
    parent = place[:1]
    for name in place[1 : min(len(place), _DEEPEST) - 1]:
        own = tree.by_key.get(near_key(name))
        fits = own is not None and own[0] == place[0] and len(own) < _DEEPEST
        parent = own if own is not None and fits else (*parent, normalise(name) or name)
    return parent


def _nearest(words: Mapping[str, float]) -> FeaturePath | None:
    """The feature of the lexicon that shares the largest weight of words; first come, first served."""
    index = _index()
    shared: dict[FeaturePath, float] = {}
    for word, weight in words.items():
        for path in index.get(word, ()):
            shared[path] = shared.get(path, 0.0) + weight
    total = math.fsum(words.values())
    best: tuple[float, FeaturePath] | None = None
    for path, weight in shared.items():
        overlap = weight / (total + math.fsum(_telling(path[-1]).values()) - weight)
        if overlap >= _LEAST_OVERLAP and (best is None or overlap > best[0]):
            best = (overlap, path)
    return best[1] if best else None


def _telling(name: str) -> dict[str, float]:
    """The words of a name and how much each tells: the rarer in the lexicon, the more."""
    index = _index()
    return {word: 1 / (1 + math.log1p(len(index.get(word, ())))) for word in dict.fromkeys(_words(name))}


@cache
def _index() -> Mapping[str, tuple[FeaturePath, ...]]:
    """The features of the lexicon below the groups, by their words."""
    found: dict[str, list[FeaturePath]] = {}
    for places in vocabulary().places.values():
        for path in places:
            if 2 < len(path) <= _DEEPEST and path[0] != "dependency relations":
                for word in dict.fromkeys(_words(path[-1])):
                    found.setdefault(word, []).append(path)
    return {word: tuple(paths) for word, paths in found.items()}


def _words(name: str) -> Iterable[str]:
    return (singular(word) for word in name.split())


def _choose(tree: _Tree, demonstration: Sequence[FeaturePath]) -> list[FeaturePath]:
    """At most `MOST_FEATURES` nodes: the categories in turn each name their next leaf, with the groups above it.

    Of a category the leaves that keywords speak for come first, then new and old ones by turns.
    """
    inner = {path[:-1] for path in tree.support}
    old = set(demonstration)
    kept: dict[FeaturePath, None] = dict.fromkeys(
        path for path in demonstration if len(path) == 1 and path in tree.support
    )
    children: dict[FeaturePath, int] = {}
    waiting = [
        _by_merit([path for path in tree.support if path[0] == name and path not in inner], tree, old)
        for name in CATEGORIES
    ]
    while any(waiting):
        for leaves in waiting:
            if leaves:
                _keep(leaves.pop(), kept, children)
    return [path for path in tree.support if path in kept]


def _by_merit(leaves: Sequence[FeaturePath], tree: _Tree, old: set[FeaturePath]) -> list[FeaturePath]:
    """The leaves of a category, the best last."""
    known = [path for path in leaves if path in old and tree.support[path]]
    fresh = sorted((path for path in leaves if path not in old), key=lambda path: -tree.support[path])
    idle = [path for path in leaves if path in old and not tree.support[path]]
    turns = [path for pair in zip_longest(fresh, idle) for path in pair if path is not None]
    return [*reversed(turns), *reversed(known)]


def _keep(leaf: FeaturePath, kept: dict[FeaturePath, None], children: dict[FeaturePath, int]) -> None:
    """Keep a leaf and what is above it, where there is room in the tree and below each of them."""
    missing = [leaf[:depth] for depth in range(1, len(leaf) + 1) if leaf[:depth] not in kept]
    full = any(len(path) > 2 and children.get(path[:-1], 0) >= _MOST_CHILDREN for path in missing)
    if not full and len(kept) + len(missing) <= MOST_FEATURES:
        kept.update(dict.fromkeys(missing))
        for path in missing:
            children[path[:-1]] = children.get(path[:-1], 0) + 1
