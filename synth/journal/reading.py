"""Reading journals: records for whoever stores them, heads for whoever only looks what is there."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from synth.journal.entries import MARK, Damaged, Head, read_body, read_head
from synth.records import Record

_CHUNK = 8 << 20


@dataclass(frozen=True, slots=True)
class Batch:
    """Records read from one journal file and where the next read starts."""

    records: list[Record]
    offset: int
    """Bytes from the start of the file."""
    damaged: int
    """Complete lines that are no record and were passed over."""


def journal_files(folder: Path) -> list[Path]:
    """The journal files of a run folder, oldest first."""
    return sorted(folder.glob("journal-*.jsonl"), key=lambda path: (len(path.name), path.name))


def read_journal(file: Path, offset: int = 0, most_bytes: int = _CHUNK) -> Batch:
    """Read the complete lines of `file` from byte `offset`, about `most_bytes` at a time."""
    with file.open("rb") as stream:
        stream.seek(offset)
        chunk = stream.read(most_bytes)
        if b"\n" not in chunk:
            chunk += stream.readline()
    end = chunk.rfind(b"\n") + 1
    records: list[Record] = []
    damaged = 0
    for line in chunk[:end].splitlines():
        try:
            head = read_head(line)
            if head.kind != MARK:
                records.append(read_body(line, head))
        except Damaged:
            damaged += 1
    return Batch(records, offset + end, damaged)


def read_run(folder: Path) -> Iterator[Record]:
    """Every record of a run folder, in the order written by each writer."""
    for file in journal_files(folder):
        offset = 0
        while True:
            batch = read_journal(file, offset)
            yield from batch.records
            if batch.offset == offset:
                break
            offset = batch.offset


def read_heads(folder: Path) -> Iterator[tuple[Head, bytes]]:
    """What every complete line of a run folder is about, and the line; damaged ones are passed over."""
    for file in journal_files(folder):
        with file.open("rb") as stream:
            for line in stream:
                if line.endswith(b"\n"):
                    try:
                        head = read_head(line)
                    except Damaged:
                        continue
                    yield head, line
