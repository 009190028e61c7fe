"""Which items of a run ended early and were not made since, from its journals alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.journal import read_heads
from synth.journal.entries import Damaged, read_body
from synth.records import Dropped, Verdict


@dataclass(frozen=True, slots=True)
class Ended:
    """An item that ended early."""

    wanted_id: str
    """What it would have become."""
    step: str
    reason: str
    again: bool = False
    """Whether a resumed run tries it again by itself."""

    @property
    def why(self) -> str:
        """The first words of the reason, by which items are counted together."""
        return self.reason.split(":", 1)[0].strip()


def ended_early(folder: Path, takes: Mapping[str, int] | None = None) -> list[Ended]:
    """What ended early, in the order of the journals; what is to be tried anew already (`takes`) is left out."""
    takes = takes or {}
    found: dict[str, Ended] = {}
    names: dict[str, str] = {}
    """Second name -> id: what is made later under another id is the same piece of work."""
    for head, line in read_heads(folder):
        if head.kind == Dropped.kind or (head.kind == Verdict.kind and head.again):
            try:
                record = read_body(line, head)
            except Damaged:
                continue
            if isinstance(record, Dropped):
                names[head.also or head.key] = head.key
                found[head.key] = Ended(head.key, record.step, record.reason, record.retry)
                if head.take < takes.get(head.key, 0):
                    del found[head.key]
            elif isinstance(record, Verdict):
                found[head.key] = Ended(head.key, "verify", "the sandbox itself failed", True)
        else:
            found.pop(head.key, None)
            found.pop(names.get(head.also, ""), None)
    return list(found.values())
