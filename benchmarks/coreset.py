"""Claim: block-lazy k-center greedy picks what plain greedy picks, and on one thread several times faster.

python benchmarks/coreset.py [--rows 20000] [--width 384] [--size 2000]

Workers compute with one thread (decision 6), the commands with as many as there are; both are measured.
"""

import argparse
import statistics

import numpy as np
from measure import ratios, save, time_in_turn
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

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
    """Unit rows around topics of very different sizes, as embeddings of code lie."""
    topics = rng.normal(size=(count // 50, width))
    shares = rng.pareto(1.2, len(topics)) + 0.05
    owner = rng.choice(len(topics), count, p=shares / shares.sum())
    spread = rng.uniform(0.3, 1.2, size=(count, 1))
    return unit(topics[owner] + spread * rng.normal(size=(count, width)))


def unit(rows: NDArray[np.float64]) -> Floats:
    """Rows of length 1."""
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True), dtype=np.float32)


def radius(rows: Floats, picks: list[int]) -> float:
    """Largest distance of a row to its nearest pick: what k-center greedy makes small."""
    return float(np.sqrt(max(0.0, 2.0 - 2.0 * float((rows @ rows[picks].T).max(axis=1).min()))))


def compare(rows: Floats, size: int, threads: int | None) -> dict[str, object]:
    """Median seconds and ratio on so many threads, and whether both picked the same."""
    picks: dict[str, list[int]] = {}
    first = pick_coreset(rows, 1, SEED)[0]

    def plain() -> None:
        picks["plain"] = pick_plainly(rows, size, first)

    def lazy() -> None:
        picks["block-lazy"] = pick_coreset(rows, size, SEED)

    with threadpool_limits(threads):
        seconds = time_in_turn({"plain": plain, "block-lazy": lazy})
    pairs = zip(picks["plain"], picks["block-lazy"], strict=True)
    return {
        "seconds": {name: round(statistics.median(taken), 2) for name, taken in seconds.items()},
        "times faster": ratios(seconds["plain"], seconds["block-lazy"]),
        "picks in common": len(set(picks["plain"]) & set(picks["block-lazy"])),
        "first picks in the same order": next((i for i, (one, other) in enumerate(pairs) if one != other), size),
        "radius": {name: round(radius(rows, chosen), 5) for name, chosen in picks.items()},
    }


def main() -> None:
    """Measure on one thread and on all, and save the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--width", type=int, default=384)
    parser.add_argument("--size", type=int, default=2_000)
    options = parser.parse_args()
    rows = clustered(options.rows, options.width, np.random.default_rng(SEED))
    result = {name: compare(rows, options.size, threads) for name, threads in (("one", 1), ("all", None))}
    save("coreset", {"rows": options.rows, "width": options.width, "size": options.size, "threads": result})


if __name__ == "__main__":
    main()
