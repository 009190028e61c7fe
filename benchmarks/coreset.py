"""Claim: block-lazy k-center greedy picks what plain greedy picks, several times faster.

python benchmarks/coreset.py          20,000 x 384 to 2,000, about half a minute
"""

import argparse
import statistics
from collections.abc import Callable

import numpy as np
from measure import ratios, save, time_in_turn
from numpy.typing import NDArray

from synth.steps.coreset import pick_coreset

Floats = NDArray[np.float32]
SEED = 7


def pick_plainly(rows: Floats, size: int, first: int) -> list[int]:
    """The textbook algorithm: after each pick one matrix-vector product brings every distance up to date."""
    squares = np.einsum("ij,ij->i", rows, rows)
    bounds = np.full(len(rows), np.inf, dtype=np.float32)
    picks = [first]
    while True:
        last = picks[-1]
        distances = squares + squares[last] - 2.0 * (rows @ rows[last])
        bounds = np.minimum(bounds, np.maximum(distances, 0.0))
        bounds[last] = -np.inf
        if len(picks) == size:
            return picks
        picks.append(int(np.argmax(bounds)))


def clustered(count: int, width: int, rng: np.random.Generator) -> Floats:
    """Unit rows around topics of very different sizes, as embeddings of code are."""
    topics = rng.normal(size=(count // 50, width))
    shares = rng.pareto(1.2, len(topics)) + 0.05
    owner = rng.choice(len(topics), count, p=shares / shares.sum())
    spread = rng.uniform(0.3, 1.2, size=(count, 1))
    return unit(topics[owner] + spread * rng.normal(size=(count, width)))


def isotropic(count: int, width: int, rng: np.random.Generator) -> Floats:
    """Unit rows in all directions alike: the worst case, since every pick is about as far as every other."""
    return unit(rng.normal(size=(count, width)))


def unit(rows: NDArray[np.float64]) -> Floats:
    """Rows of length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def radius(rows: Floats, picks: list[int]) -> float:
    """Largest distance of a row to its nearest pick: what k-center greedy makes small."""
    return float(np.sqrt(max(0.0, 2.0 - 2.0 * float((rows @ rows[picks].T).max(axis=1).min()))))


def compare(rows: Floats, size: int) -> dict[str, object]:
    """Times, ratio, and whether both picked the same."""
    lazy = pick_coreset(rows, size, SEED)
    plain = pick_plainly(rows, size, lazy[0])
    agree = next((i for i, (a, b) in enumerate(zip(lazy, plain, strict=True)) if a != b), size)
    sides: dict[str, Callable[[], object]] = {
        "plain": lambda: pick_plainly(rows, size, lazy[0]),
        "block-lazy": lambda: pick_coreset(rows, size, SEED),
    }
    seconds = time_in_turn(sides)
    return {
        "seconds": {name: round(statistics.median(taken), 3) for name, taken in seconds.items()},
        "times faster": ratios(seconds["plain"], seconds["block-lazy"]),
        "same picks from the first on": agree,
        "same set": set(lazy) == set(plain),
        "radius": {"plain": round(radius(rows, plain), 5), "block-lazy": round(radius(rows, lazy), 5)},
    }


def main() -> None:
    """Measure both kinds of rows and save the result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--size", type=int, default=2_000)
    options = parser.parse_args()
    cases = {
        make.__name__: compare(make(options.rows, options.width, np.random.default_rng(SEED)), options.size)
        for make in (clustered, isotropic)
    }
    save("coreset", {"rows": options.rows, "width": options.width, "size": options.size, "cases": cases})


if __name__ == "__main__":
    main()
