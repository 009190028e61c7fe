"""Exact nearest neighbours by dot product, for the diversity score of Tree-of-Evolution (section 3.3)."""

import numpy as np
from numpy.typing import NDArray


def nearest(
    vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """Return (similarities, ids), each (len(queries), k), the most alike first.

    Both inputs are rows of one width, unit length for cosine. The search is exact, so a diversity is never
    too high for a neighbour that was missed. Where there are fewer than `k` vectors the id is -1 and the
    similarity -inf. Raises `ValueError` for k < 1, rows of different widths or values that are not finite.
    """
    if k < 1:
        raise ValueError(f"k is {k}, needs 1 or more")
    for rows in (vectors, queries):
        if rows.ndim != 2 or rows.shape[1] != vectors.shape[1]:
            raise ValueError(f"needs rows of one width, got shapes {vectors.shape} and {queries.shape}")
        if not np.isfinite(rows).all():
            raise ValueError("a vector holds a value that is not finite")
    similarities = np.full((len(queries), k), -np.inf, dtype=np.float32)
    ids = np.full((len(queries), k), -1, dtype=np.int64)
    found = min(k, len(vectors))
    if found and len(queries):
        import faiss

        index = faiss.IndexFlatIP(vectors.shape[1])
        index.add(np.ascontiguousarray(vectors, np.float32))
        similarities[:, :found], ids[:, :found] = index.search(np.ascontiguousarray(queries, np.float32), found)
    similarities[ids < 0] = -np.inf
    return similarities, ids
