import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from synth.embed.cache import VectorCache

PROJECT = Path(__file__).parents[2]

ENDLESS = """
import sys, numpy as np
from pathlib import Path
from synth.embed.cache import VectorCache
cache = VectorCache(Path(sys.argv[1]))
for number in range(10**9):
    cache.put({f"{number}-{part}".encode(): np.full(384, number, np.float32) for part in range(8)})
    print(number, flush=True)
"""


def vectors(count: int, first: int = 0) -> dict[bytes, NDArray[np.float32]]:
    return {f"key {n}".encode(): np.full(4, n, np.float32) for n in range(first, first + count)}


def same(found: dict[bytes, NDArray[np.float32]], expected: dict[bytes, NDArray[np.float32]]) -> bool:
    return found.keys() == expected.keys() and all((found[key] == expected[key]).all() for key in expected)


def test_what_was_put_is_there_for_the_next_opening(tmp_path: Path) -> None:
    made = vectors(1200)
    cache = VectorCache(tmp_path / "new" / "folder")
    cache.put(made)
    cache.close()
    again = VectorCache(tmp_path / "new" / "folder")
    assert same(again.get([*made, b"other"]), made)
    again.close()


def test_two_openings_share_one_file_and_the_first_vector_stays(tmp_path: Path) -> None:
    one, two = VectorCache(tmp_path), VectorCache(tmp_path)
    one.put(vectors(2))
    two.put({b"key 1": np.full(4, 99, np.float32)} | vectors(1, first=5))
    assert same(one.get([b"key 0", b"key 1", b"key 5"]), vectors(2) | vectors(1, first=5))
    one.close()
    two.close()


def test_a_damaged_file_is_set_aside_and_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "vectors.sqlite").write_bytes(b"no database at all" * 100)
    cache = VectorCache(tmp_path)
    cache.put(vectors(3))
    assert same(cache.get(list(vectors(3))), vectors(3))
    cache.close()
    assert (tmp_path / "vectors.damaged").exists()


def test_where_no_folder_can_be_made_the_cache_holds_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    cache = VectorCache(tmp_path / "file" / "folder")
    cache.put(vectors(3))
    assert cache.get(list(vectors(3))) == {}
    cache.close()


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="this system cannot kill so")
def test_a_killed_process_leaves_whole_vectors(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS, str(tmp_path)], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process.stdout:
        while int(process.stdout.readline()) < 20:
            pass
        process.kill()
        process.wait()
    cache = VectorCache(tmp_path)
    found = cache.get([f"{number}-{part}".encode() for number in range(21) for part in range(8)])
    cache.close()
    assert len(found) == 21 * 8
    assert all((vector == int(key.split(b"-")[0])).all() and len(vector) == 384 for key, vector in found.items())
