"""Text to vectors: the meaning that the core set, the offline engine's matching and diversity are measured with."""

from synth.embed.base import Embedder
from synth.embed.neighbours import nearest
from synth.embed.sentence import SentenceEmbedder
from synth.embed.weights import PACKAGED

__all__ = ["PACKAGED", "Embedder", "SentenceEmbedder", "nearest"]
