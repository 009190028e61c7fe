"""The structured log of a run: one JSON object a line, for people and other programs. Never a key, never a prompt.

Every writer has a file of its own, `log-NNNN.jsonl`, so that a line that was cut off by a kill is the last of its file.
"""

import json
import re
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

Level = Literal["info", "warning", "error"]
Value: TypeAlias = str | int | float | bool | list["Value"] | dict[str, "Value"] | None

_MOST_TEXT = 2000
"""Characters of one text in a line."""
_LIKE_A_KEY = re.compile(r"\b(?:sk|pk|hf|gsk|xai|AIza)[-_][A-Za-z0-9_-]{12,}|(?i:bearer)\s+[A-Za-z0-9._~+/-]{12,}")


class RunLog:
    """Appends events to a new file of a run folder. A log that cannot be written is given up, never the run."""

    def __init__(self, folder: Path, secrets: Iterable[str] = ()) -> None:
        """`secrets` are blotted out wherever they turn up, and so is what looks like a key."""
        self._secrets = tuple(sorted(filter(None, secrets), key=len, reverse=True))
        self._file: BinaryIO | None = None
        number = len(log_files(folder))
        while self._file is None:
            try:
                self._file = (folder / f"log-{number:04d}.jsonl").open("xb", buffering=0)
            except FileExistsError:
                number += 1
            except OSError:
                return

    def write(self, event: str, level: Level = "info", **fields: Value) -> None:
        """Add an event with its fields."""
        if self._file is None:
            return
        line = {"at": round(time.time(), 3), "level": level, "event": event} | {
            name: self._clean(value) for name, value in fields.items()
        }
        try:
            self._file.write(json.dumps(line).encode() + b"\n")
        except OSError:
            self.close()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _clean(self, value: Value) -> Value:
        if isinstance(value, str):
            for secret in self._secrets:
                value = value.replace(secret, "[key]")
            value = _LIKE_A_KEY.sub("[key]", value)
            return value if len(value) <= _MOST_TEXT else value[:_MOST_TEXT] + " ..."
        if isinstance(value, list):
            return [self._clean(one) for one in value]
        if isinstance(value, dict):
            return {name: self._clean(one) for name, one in value.items()}
        return value


@dataclass(slots=True)
class LogTail:
    """Reads on where it last stopped."""

    folder: Path
    _read: dict[str, int] = field(default_factory=dict)
    """File -> bytes."""

    def new(self) -> list[Mapping[str, object]]:
        """The whole lines since the last call, in the order of their files."""
        found: list[Mapping[str, object]] = []
        for path in log_files(self.folder):
            offset = self._read.get(path.name, 0)
            with path.open("rb") as file:
                file.seek(offset)
                chunk = file.read()
            end = chunk.rfind(b"\n") + 1
            self._read[path.name] = offset + end
            found += _parsed(chunk[:end])
        return found


def log_files(folder: Path) -> list[Path]:
    """The log files of a run folder, oldest first."""
    return sorted(folder.glob("log-*.jsonl"))


def last_lines(folder: Path, most: int, most_bytes: int = 1 << 20) -> list[Mapping[str, object]]:
    """The latest lines of a run's log, oldest first; at most `most_bytes` of each file are read."""
    found: list[Mapping[str, object]] = []
    for path in reversed(log_files(folder)):
        with path.open("rb") as file:
            size = file.seek(0, 2)
            file.seek(max(0, size - most_bytes))
            lines = file.read().split(b"\n")
        part = _parsed(b"\n".join(lines[1:] if size > most_bytes else lines))
        found = part + found
        if len(found) >= most:
            break
    return found[-most:]


def _parsed(content: bytes) -> list[Mapping[str, object]]:
    found: list[Mapping[str, object]] = []
    for line in content.splitlines():
        try:
            entry = json.loads(line)
        except ValueError:
            continue
        if isinstance(entry, dict):
            found.append(entry)
    return found
