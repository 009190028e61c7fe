"""Trees in files: how other tools write them and how ours does."""

from synth.tree.formats.io import FORMATS, Exported, Format, Imported, losses, read, write
from synth.tree.formats.outline import read_outline

__all__ = ["FORMATS", "Exported", "Format", "Imported", "losses", "read", "read_outline", "write"]
