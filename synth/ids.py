"""Content ids: a record's id is the hash of what made it, so resume and de-duplication come free."""

import hashlib
import json
from collections.abc import Sequence

Part = str | int | float | bool | None | Sequence["Part"]


def digest(*parts: Part) -> str:
    """Hex SHA-256 of the parts as canonical JSON; the same on every machine and hash seed."""
    text = json.dumps(parts, ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def record_id(kind: str, *parts: Part) -> str:
    """Return `<kind>-<16 hex digits>`, for example `task-3f0c9b5e11aa7d02`.

    `parts` must name everything that makes the record what it is: its parents' ids, the prompt hash, the
    model, the draw number. A draw number keeps honest repeats apart; a clock would break resume.
    """
    return f"{kind}-{digest(kind, *parts)[:16]}"


def seed_number(*parts: Part) -> int:
    """A 64-bit integer for `random.Random`, the same on every machine and hash seed."""
    return int(digest(*parts)[:16], 16)
