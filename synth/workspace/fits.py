"""Whether the tree can take in what a journal says."""

from synth.records import Extraction, Growth, Record
from synth.tree.columns import MAX_COUNT

_DEEPEST = 200
"""Names that a path in a journal may have."""


def fits_the_tree(record: Record) -> bool:
    """Whether the tree can hold what a record says: a line written by hand may say anything."""
    if isinstance(record, Extraction):
        paths, seed_id, counts = list(record.features), record.seed_id, [0.0]
    elif isinstance(record, Growth):
        paths, seed_id = [grown.path for grown in record.added], ""
        counts = [grown.estimated for grown in record.added]
    else:
        return True
    if not all(0 <= count <= MAX_COUNT for count in counts):
        return False
    if not all(0 < len(path) <= _DEEPEST and all(path) for path in paths):
        return False
    try:
        "".join((record.id, seed_id, *(name for path in paths for name in path))).encode()
    except UnicodeEncodeError:
        return False
    return True
