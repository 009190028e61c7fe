"""The offline engine: a second engine behind the same contract, without a key or a network.

It reads real code, grows the tree from a lexicon, composes tasks, solutions and tests from building blocks, and
judges by formula. Each answer follows from the question alone; nothing is remembered between questions.
"""

from synth.models.offline.model import OfflineModel

__all__ = ["OfflineModel"]
