"""The embedder that everything uses: a sentence-transformers model, loaded on first need, behind two caches."""

import threading
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.embed.cache import VectorCache
from synth.embed.weights import (
    PACKAGED,
    PACKAGED_MAX_TOKENS,
    PACKAGED_SHA256,
    PACKAGED_WIDTH,
    Encoder,
    fingerprint,
    load_named,
    load_packaged,
)
from synth.errors import ModelError

Vector = NDArray[np.float32]

_CHUNK = 256
"""Texts embedded between two writes to the cache: what a kill can lose."""
_BATCH = 32
_REMEMBERED = 50_000
"""Vectors kept in memory, oldest out first: about 77 MB of the packaged model's."""


class SentenceEmbedder:
    """Embeds texts with a packaged, local or hub model; the packaged one needs no network.

    `cache` is a folder for vectors on disk; processes may share it. Safe to call from threads. A text that
    the caches hold does not load the packaged model. Texts are cut at `max_tokens` by the model itself.
    """

    def __init__(self, model: str = PACKAGED, cache: Path | None = None) -> None:
        self._name = model
        self._folder = cache
        self._disk: VectorCache | None = None
        self._loaded: Encoder | None = None
        self._fingerprint: bytes | None = None
        self._remembered: dict[bytes, Vector] = {}
        self._model_lock = threading.RLock()
        self._cache_lock = threading.Lock()
        if model == PACKAGED:
            self._fingerprint = f"{PACKAGED_SHA256}:{PACKAGED_MAX_TOKENS}".encode()

    @property
    def name(self) -> str:
        """The model's name as given."""
        return self._name

    @property
    def max_tokens(self) -> int:
        """Tokens of a text that count; the rest is cut. 256 for the packaged model. Raises `ModelError`."""
        return PACKAGED_MAX_TOKENS if self._name == PACKAGED else int(self._model().max_seq_length)

    @property
    def width(self) -> int:
        """Numbers in a vector. Raises `ModelError`."""
        return PACKAGED_WIDTH if self._name == PACKAGED else int(self._model().get_embedding_dimension())

    def warm(self) -> None:
        """Start loading the model in the background; a failure shows when it is needed."""
        threading.Thread(target=self._try_model, name="load embedding model", daemon=True).start()

    def embed(self, texts: Sequence[str]) -> Vector:
        """Return (n, dim) unit rows, row i for `texts[i]`.

        Raises `ModelError` where the model cannot be loaded or its weights are not the pinned ones.
        """
        if not texts:
            return np.zeros((0, self.width), dtype=np.float32)
        cleaned = [text.encode("utf-8", "replace").decode() for text in texts]
        keys = [self._key(text) for text in cleaned]
        wanted = dict(zip(keys, cleaned, strict=True))
        found = self._look_up(wanted)
        if len(found) < len(wanted):
            with self._model_lock:
                found |= self._look_up(key for key in wanted if key not in found)
                found |= self._compute({key: text for key, text in wanted.items() if key not in found})
        return np.stack([found[key] for key in keys])

    def _model(self) -> Encoder:
        with self._model_lock:
            if self._loaded is None:
                self._loaded = load_packaged() if self._name == PACKAGED else load_named(self._name)
            return self._loaded

    def _try_model(self) -> None:
        try:
            self._model()
        except ModelError:
            return  # `embed` tries again and raises it where somebody listens

    def _key(self, text: str) -> bytes:
        if self._fingerprint is None:
            self._fingerprint = fingerprint(self._name, self._model()).encode()
        return sha256(self._fingerprint + b"\0" + text.encode()).digest()

    def _look_up(self, keys: Iterable[bytes]) -> dict[bytes, Vector]:
        asked = list(keys)
        with self._cache_lock:
            found = {key: self._remembered[key] for key in asked if key in self._remembered}
            if self._folder is not None and len(found) < len(asked):
                if self._disk is None:
                    self._disk = VectorCache(self._folder)
                stored = self._disk.get([key for key in asked if key not in found])
                found |= stored
                self._remember(stored)
        return found

    def _compute(self, texts: dict[bytes, str]) -> dict[bytes, Vector]:
        """Embed in chunks of like length, each stored before the next begins."""
        order = sorted(texts, key=lambda key: (len(texts[key]), key))
        made: dict[bytes, Vector] = {}
        for start in range(0, len(order), _CHUNK):
            chunk = order[start : start + _CHUNK]
            rows = self._encode([texts[key] for key in chunk])
            fresh = dict(zip(chunk, rows, strict=True))
            made |= fresh
            with self._cache_lock:
                self._remember(fresh)
                if self._disk is not None:
                    self._disk.put(fresh)
        return made

    def _encode(self, texts: list[str]) -> Vector:
        rows = self._model().encode(texts, batch_size=_BATCH, show_progress_bar=False, convert_to_numpy=True)
        rows = np.asarray(rows, dtype=np.float32)
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        return np.asarray(rows / np.maximum(lengths, np.finfo(np.float32).tiny), dtype=np.float32)

    def _remember(self, vectors: dict[bytes, Vector]) -> None:
        self._remembered |= vectors
        while len(self._remembered) > _REMEMBERED:
            del self._remembered[next(iter(self._remembered))]
