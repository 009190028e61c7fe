"""The append-only record log of a run: the only thing a worker writes, and what the owner ingests.

One JSON object a line (see `entries`). Every writer has a file of its own, so a line that was cut off by a kill or a
full disk stays the last of its file and is never read. `Index` finds records again without keeping them.
"""

from synth.journal.entries import Head, read_head
from synth.journal.index import LOST, Index
from synth.journal.lines import Lines
from synth.journal.reading import Batch, journal_files, read_heads, read_journal, read_run
from synth.journal.writing import Journal, Place

__all__ = [
    "LOST",
    "Batch",
    "Head",
    "Index",
    "Journal",
    "Lines",
    "Place",
    "journal_files",
    "read_head",
    "read_heads",
    "read_journal",
    "read_run",
]
