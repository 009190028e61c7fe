"""An entry of a lineage while it is being put together."""

from dataclasses import dataclass, field

from synth.records import Record


@dataclass(slots=True)
class Draft:
    """A record, a feature, or a record that is not there, with the entries below it."""

    kind: str
    id: str
    record: Record | None = None
    line: str = ""
    """What it is; a record's own line goes before it."""
    role: str = ""
    nodes: list["Draft"] = field(default_factory=list)
    more: int = 0
    again: bool = False
    """Whether it stands elsewhere in the same tree, where what is below it is listed."""

    @classmethod
    def of(cls, record: Record, role: str = "") -> "Draft":
        """An entry for a record."""
        return cls(record.kind, record.id, record, role=role)
