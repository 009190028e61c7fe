"""From the features of a subtree to block names: mandatory features first, then optional ones, then near relations."""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from synth.models.offline.match import Fit
from synth.models.offline.shelf import Shelf

_NEARLY = 0.05
"""Blocks whose likeness is within this of the best may be chosen instead of it."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Block names in the order of choice, and which feature each realises."""

    blocks: tuple[str, ...]
    claims: tuple[tuple[str, str], ...]
    """(feature, block)."""


def choose_blocks(fits: Mapping[str, Sequence[Fit]], order: Sequence[str], count: int, rng: random.Random) -> Chosen:
    """At most `count` blocks for the features of `order` that fit any, one a feature where it needs a new one.

    A feature that a chosen block realises already is claimed for it instead of adding a block.
    """
    blocks: list[str] = []
    claims: list[tuple[str, str]] = []
    for name in order:
        able = _able(fits.get(name, ()))
        if not able:
            continue
        block = next((block for block in able if block in blocks), None)
        if block is None and len(blocks) < count:
            block = rng.choice(able)
            blocks.append(block)
        if block is not None:
            claims.append((name, block))
    return Chosen(tuple(blocks), tuple(claims))


def _able(fits: Sequence[Fit]) -> list[str]:
    """The blocks that realise a feature about equally well; a tag of the same name leaves only its like."""
    if not fits:
        return []
    best = fits[0].likeness
    return [fit.block for fit in fits if fit.likeness >= (best if best == 1.0 else best - _NEARLY)]


def add_relations(
    shelf: Shelf, blocks: Sequence[str], count: int, categories: Sequence[str], rng: random.Random
) -> tuple[str, ...]:
    """Fill up to `count` blocks: those that link to a chosen one by what they take or give, and of a drawn category."""
    chosen = list(blocks)
    while len(chosen) < count:
        others = [name for name in shelf.blocks if name not in chosen]
        if not others:
            break
        ranks = {name: _relation(shelf, name, chosen, categories) for name in others}
        best = max(ranks.values())
        chosen.append(rng.choice([name for name in others if ranks[name] == best]))
    return tuple(chosen)


def _relation(shelf: Shelf, name: str, chosen: Sequence[str], categories: Sequence[str]) -> int:
    io = shelf.blocks[name].io
    kinds = {kind for other in chosen for kind in (shelf.blocks[other].io.takes, shelf.blocks[other].io.gives)}
    links = io.takes != "other" and io.takes in kinds
    drawn = any(category in categories for category in shelf.blocks[name].categories)
    return 2 * links + drawn
