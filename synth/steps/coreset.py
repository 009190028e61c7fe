"""Seeds to a core set: k-center greedy on embeddings (EpiCoder 2.1, after Sener & Savarese 2018)."""

import random

import numpy as np
from numpy.typing import NDArray

from synth.errors import BadInput
from synth.ids import seed_number

_BLOCK = 64
"""Picks between two passes over all points."""

Floats = NDArray[np.float32]


def pick_coreset(vectors: Floats, size: int, seed: int) -> list[int]:
    """Return `size` row numbers in the order picked, each the farthest from those before it.

    The first is a seeded random choice; of equally far rows the lowest number goes first. `vectors` is
    (n, dim); distances are euclidean, so on unit rows they order as cosine distances do. Exact: the same picks
    as one at a time, up to float rounding. All rows in their own order where there are no more than `size`.
    Raises `BadInput` for a size below 1 or a vector with a value that is not finite.
    """
    if size < 1:
        raise BadInput(f"a core set of {size} seeds cannot be picked; give a size of 1 or more.")
    if not np.isfinite(vectors).all():
        raise BadInput("an embedding holds a value that is not finite; delete the cached vectors and try again.")
    if size >= len(vectors):
        return list(range(len(vectors)))
    return _pick(np.ascontiguousarray(vectors, np.float32), size, seed)


def _pick(rows: Floats, size: int, seed: int) -> list[int]:
    """Block-lazy greedy: a row's distance to the picks only falls, so a stored one is an upper bound.

    Only the rows with the largest bounds are kept exact while a block is picked from them; the others are
    brought up to date by one matrix product a block.
    """
    squares = np.einsum("ij,ij->i", rows, rows)
    picks = [random.Random(seed_number("coreset", seed)).randrange(len(rows))]
    bounds = np.full(len(rows), np.inf, dtype=np.float32)
    fresh = picks
    while True:
        bounds = np.minimum(bounds, _squared_distances(rows, squares, np.array(fresh)).min(axis=1))
        bounds[fresh] = -np.inf
        if len(picks) == size:
            return picks
        fresh = _pick_block(rows, squares, bounds, min(_BLOCK, size - len(picks)))
        picks = picks + fresh


def _pick_block(rows: Floats, squares: Floats, bounds: Floats, most: int) -> list[int]:
    """Pick up to `most` rows, stopping where a row outside the candidates could be as far as the best of them."""
    candidates, outside = _candidates(bounds)
    inside = bounds[candidates]
    mutual = _squared_distances(rows[candidates], squares[candidates], np.arange(len(candidates)))
    chosen: list[int] = []
    while len(chosen) < most:
        best = int(np.argmax(inside))
        if chosen and inside[best] <= outside:
            break
        chosen.append(int(candidates[best]))
        inside = np.minimum(inside, mutual[:, best])
        inside[best] = -np.inf
    return chosen


def _candidates(bounds: Floats) -> tuple[NDArray[np.int64], float]:
    """The rows with the largest bounds, in row order, and the largest bound among the rest."""
    count = 4 * _BLOCK
    if len(bounds) <= count:
        return np.arange(len(bounds)), -np.inf
    order = np.argpartition(-bounds, count)
    largest, rest = order[:count], order[count:]
    first = int(np.argmax(bounds))
    if first not in largest:  # one of several equal bounds: the lowest row must be among those compared
        largest = np.append(largest, first)
    return np.sort(largest), float(bounds[rest].max())


def _squared_distances(rows: Floats, squares: Floats, chosen: NDArray[np.int64]) -> Floats:
    """(n, len(chosen)) squared euclidean distances."""
    products = rows @ rows[chosen].T
    distances = squares[:, None] + squares[chosen][None, :] - 2.0 * products
    return np.asarray(np.maximum(distances, 0.0), dtype=np.float32)
