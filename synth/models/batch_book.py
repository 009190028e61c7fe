"""What a run knows of its batches, on disk: what was sent, and every answer that came, so that nothing is paid twice.

`batches-<engine>.jsonl` says what was sent, a line each time; `batch-<id>.jsonl` holds the answers of one batch as the
endpoint gave them. Both are only appended to, or appear whole.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from synth.errors import BadInput

_GOOD = 200
_NONE = (Path(), 0, 0, False)


@dataclass(frozen=True, slots=True)
class Answered:
    """One line of a batch's answers."""

    status: int
    """HTTP status that the question would have had; 0 where the endpoint gave none."""
    body: str
    """JSON text of the completion or of the error."""


@dataclass(slots=True)
class Sent:
    """A batch on its way, or sent to an unknown end."""

    token: str
    """Ours; the batch carries it, so that it is found again where we did not hear its id."""
    keys: tuple[str, ...]
    """Of the questions in it."""
    batch: str = ""
    """Id; empty where we did not hear it."""
    missing: bool = False
    """Whether an earlier worker was told that there is no such batch, and told the person so."""


@dataclass(slots=True)
class Book:
    """One engine's batches of one run. Raises `BadInput` where its folder cannot be written."""

    folder: Path
    name: str
    sent: dict[str, Sent] = field(default_factory=dict)
    """Batches whose answers are not saved, by token."""
    _answers: dict[str, tuple[Path, int, int, bool]] = field(default_factory=dict)
    """Question -> file, offset and length of its line, and whether it is a good one."""

    def __post_init__(self) -> None:
        for event in _lines(self._path):
            match event:
                case {"event": "sending", "token": str(token), "keys": [*keys]}:
                    self.sent[token] = Sent(token, tuple(map(str, keys)))
                case {"event": "sent", "token": str(token), "batch": str(batch)} if token in self.sent:
                    self.sent[token].batch = batch
                case {"event": "missing", "token": str(token)} if token in self.sent:
                    self.sent[token].missing = True
                case {"event": "saved", "token": str(token)} if token in self.sent:
                    # What was refused may have been mended since. A file that a power cut took is fetched again.
                    if self._index(self._answer_file(self.sent[token].batch), good_only=True):
                        self.sent.pop(token)
                case {"event": "lost", "token": str(token)}:
                    self.sent.pop(token, None)

    def sending(self, token: str, keys: Iterable[str]) -> None:
        """Say, before it is sent, that a batch of these questions will be."""
        self.sent[token] = Sent(token, tuple(keys))
        self._write({"event": "sending", "token": token, "keys": list(self.sent[token].keys)})

    def was_sent(self, token: str, batch: str) -> None:
        """Say which id a batch got."""
        self.sent[token].batch = batch
        self._write({"event": "sent", "token": token, "batch": batch})

    def lost(self, token: str) -> None:
        """Say that a batch never began, or came to nothing: its questions may be sent again."""
        self.sent.pop(token, None)
        self._write({"event": "lost", "token": token})

    def miss(self, token: str) -> None:
        """Say that the endpoint knows no such batch. Whether that is the end of it, the next worker finds out."""
        self._write({"event": "missing", "token": token})

    def save(self, token: str, answers: Iterable[bytes]) -> None:
        """Keep the answers of a batch: the file appears whole, and after it the word that it is there."""
        path = self._answer_file(self.sent[token].batch)
        draft = path.with_suffix(".part")
        with _writing(draft), draft.open("wb") as file:
            for line in answers:
                file.write(line)
            file.flush()
            os.fsync(file.fileno())
        with _writing(path):
            draft.replace(path)
        self._write({"event": "saved", "token": token})
        self.sent.pop(token)
        self._index(path)

    def answer(self, key: str) -> Answered | None:
        """The answer to a question, where it has come."""
        place = self._answers.get(key)
        if place is None:
            return None
        path, offset, length, _ = place
        with path.open("rb") as file:
            file.seek(offset)
            read = _read(file.read(length))
        return read[1] if read else None

    def forget(self, key: str) -> None:
        """Take an answer as not given, as the question is to be sent again."""
        self._answers.pop(key, None)

    @property
    def _path(self) -> Path:
        return self.folder / f"batches-{self.name}.jsonl"

    def _answer_file(self, batch: str) -> Path:
        plain = re.sub(r"[^A-Za-z0-9_-]", "", batch)[:80]
        return self.folder / f"batch-{plain}-{hashlib.sha256(batch.encode()).hexdigest()[:8]}.jsonl"

    def _index(self, path: Path, *, good_only: bool = False) -> bool:
        """Note where each answer stands; False where there is no such file."""
        offset = 0
        try:
            with path.open("rb") as file:
                for line in file:
                    read = _read(line)
                    if read is not None:
                        key, good = read[0], read[1].status == _GOOD
                        # The first good line counts: one may come twice, and after an error a question is sent again.
                        if not self._answers.get(key, _NONE)[3] and (good or not good_only):
                            self._answers[key] = (path, offset, len(line), good)
                    offset += len(line)
        except FileNotFoundError:
            return False
        return True

    def _write(self, event: Mapping[str, object]) -> None:
        with _writing(self._path), self._path.open("ab") as file:
            if file.tell() and not _ends_a_line(self._path):
                file.write(b"\n")
            file.write(json.dumps(event).encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}. Mend that, then resume the run.") from error


def key_of(line: bytes) -> str | None:
    """Which question a line of answers is to; None where it is damaged."""
    read = _read(line)
    return read[0] if read else None


def _read(line: bytes) -> tuple[str, Answered] | None:
    try:
        entry = json.loads(line)
        key = entry["custom_id"]
        response, error = entry.get("response"), entry.get("error")
        if not isinstance(key, str):
            return None
        if isinstance(response, dict):
            return key, Answered(int(response["status_code"]), json.dumps(response.get("body")))
        return key, Answered(0, json.dumps(error))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _lines(path: Path) -> Iterator[dict[str, object]]:
    try:
        with path.open("rb") as file:
            for line in file:
                try:
                    event = json.loads(line)
                except ValueError:
                    continue  # cut off by a kill
                if isinstance(event, dict):
                    yield event
    except FileNotFoundError:
        return


def _ends_a_line(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-1, os.SEEK_END)
        return file.read(1) == b"\n"
