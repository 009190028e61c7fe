"""The offline engine: a real second engine behind the same contract. No key, no download, the same answers anywhere."""

from synth.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
