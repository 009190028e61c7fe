"""Records <-> DuckDB, and what is asked of them: the only place that knows SQL."""

from synth.store.database import Database, DatabaseError

__all__ = ["Database", "DatabaseError"]
