"""From feature names to building blocks, by meaning: cosine of embeddings between a name and a block's tags."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.models.offline.blocks import Block

Embed = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts in, unit rows out."""

LIKE = 0.7
"""Least cosine at which a name counts as meaning a tag."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A block that realises a feature, and how alike the feature and its nearest tag are (1 = the same name)."""

    block: str
    likeness: float


class Matcher:
    """Finds the blocks that realise features. The blocks' own vectors are made once, on first need."""

    def __init__(self, blocks: Iterable[Block], embed: Embed) -> None:
        self._embed = embed
        self._phrases = {block.name: _phrases(block) for block in blocks}
        self._vectors: NDArray[np.float32] | None = None

    def fits(self, names: Sequence[str], least: float = LIKE) -> dict[str, tuple[Fit, ...]]:
        """For each name that any block realises, its blocks, best first; equals by name."""
        if not names:
            return {}
        likeness = self._likeness(names)
        found: dict[str, tuple[Fit, ...]] = {}
        for name, row in zip(names, likeness, strict=True):
            fits = [Fit(block, value) for block, value in row.items() if value >= least]
            if fits:
                found[name] = tuple(sorted(fits, key=lambda fit: (-fit.likeness, fit.block)))
        return found

    def _likeness(self, names: Sequence[str]) -> list[dict[str, float]]:
        """For each name the likeness to each block, rounded so that the size of a batch cannot change a choice."""
        if self._vectors is None:
            self._vectors = self._embed([phrase for phrases in self._phrases.values() for phrase in phrases])
        # Not `@`: for so small a product the threads of BLAS cost more than they give while sandboxes keep cores busy.
        cosines = np.einsum("nd,md->nm", self._embed([_plain(name) for name in names]), self._vectors)
        rows: list[dict[str, float]] = []
        for name, row in zip(names, cosines, strict=True):
            values: dict[str, float] = {}
            start = 0
            for block, phrases in self._phrases.items():
                best = float(row[start : start + len(phrases)].max())
                values[block] = 1.0 if _plain(name) in phrases else round(min(best, 0.999), 3)
                start += len(phrases)
            rows.append(values)
        return rows


def _phrases(block: Block) -> tuple[str, ...]:
    return tuple(dict.fromkeys([*map(_plain, block.tags), _plain(block.title)]))


def _plain(name: str) -> str:
    return " ".join(name.lower().replace("_", " ").replace("-", " ").split())
