"""What `synth verify` keeps, so that it can be killed at any time: results in the order of IN, and a journal.

OUT grows in the order of IN. A result that comes before its turn waits in `OUT.journal`, where every result is written
first. The journal begins with the options and with a `Place`: how far OUT went when the journal was begun. To resume is
to cut OUT back to that place and to write the journal's results again.
"""

import fcntl
import json
import os
import stat
from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Self

from synth.errors import BadInput
from synth.sandbox_cli.lines import BadLine, Line, parse, read_lines, shown

Options = Mapping[str, object]

_KIND = "synth verify 1"
_JOURNAL_BYTES = 64 * 1024 * 1024
"""A longer journal is begun anew."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far OUT goes: every line of IN up to `line` is dealt with."""

    line: int = 0
    mark: str = ""
    """Of IN's lines up to there (`Line.mark`)."""
    size: int = 0
    """Of OUT, bytes."""
    outcomes: Mapping[str, int] = field(default_factory=dict)
    """Results in OUT by outcome."""
    bad: int = 0
    blank: int = 0

    @property
    def results(self) -> int:
        """Lines of OUT."""
        return sum(self.outcomes.values())

    @property
    def dealt(self) -> int:
        """Lines that are done with."""
        return self.results + self.bad + self.blank


@dataclass(frozen=True, slots=True)
class Kept:
    """A result in the journal."""

    digest: str
    """Of its line."""
    outcome: str
    text: str
    """The line of OUT, without its end."""


class Ledger:
    """OUT and its journal, held by one process at a time. Every `OSError` comes out as `BadInput`."""

    def __init__(self, out: Path, options: Options, *, overwrite: bool, resume: bool, file: BinaryIO) -> None:
        """file: IN, at its beginning; afterwards it stands where there is more to do. Raises `BadInput`."""
        self.out, self._options = out, options
        self.journal = journal_of(out)
        self.place = Place()
        self.kept: dict[int, Kept] = {}
        """Results of lines behind `place`, by number."""
        self.waiting = 0
        """Bytes of results that cannot be written yet."""
        self._order: deque[Line] = deque()
        self._ready: dict[int, Kept | bool] = {}
        self._whole = 0
        self._journal = -1
        self._out = _open_out(out, self.journal, overwrite=overwrite, resume=resume)
        try:
            if resume:
                self._take_up(file)
            if self._journal < 0:
                self._begin_journal()
            os.ftruncate(self._out, self.place.size)
            os.lseek(self._out, 0, os.SEEK_END)
        except OSError as error:
            self._close()
            raise _unwritten(out, error) from error
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._close()

    @property
    def behind(self) -> int:
        """Lines taken that are not in OUT yet."""
        return len(self._order)

    def take(self, line: Line) -> None:
        """Hold a place in OUT for a line; it has to be settled later."""
        self._order.append(line)

    def skip(self, line: Line, *, bad: bool) -> None:
        """A line taken has no result: it is bad, or blank."""
        self._ready[line.number] = bad
        self._drain()

    def reuse(self, line: Line) -> None:
        """A line taken has a result that the journal holds already."""
        self._settle(line, self.kept[line.number])

    def keep(self, line: Line, outcome: str, text: str) -> None:
        """A line taken has a result: note it for good, and write what can be written."""
        kept = Kept(line.digest, outcome, text)
        record = _record(line.number, kept)
        try:
            _write(self._journal, record)
            self._whole += len(record)
            self.kept[line.number] = kept
            self._settle(line, kept)
            if self._whole > _JOURNAL_BYTES + self.waiting:
                self._begin_journal()
        except OSError as error:
            raise _unwritten(self.journal, error) from error

    def _settle(self, line: Line, kept: Kept) -> None:
        self._ready[line.number] = kept
        self.waiting += len(kept.text)
        self._drain()

    def finish(self) -> None:
        """All is in OUT: make it last, and take the journal away."""
        try:
            os.fsync(self._out)
            self.journal.unlink(missing_ok=True)
        except OSError as error:
            raise _unwritten(self.out, error) from error

    def _drain(self) -> None:
        """Write every result whose turn has come."""
        place, texts = self.place, []
        outcomes, bad, blank = Counter(place.outcomes), place.bad, place.blank
        while self._order and self._order[0].number in self._ready:
            line = self._order.popleft()
            ready = self._ready.pop(line.number)
            self.kept.pop(line.number, None)
            if isinstance(ready, Kept):
                texts.append(f"{ready.text}\n".encode())
                self.waiting -= len(ready.text)
                outcomes[ready.outcome] += 1
            else:
                bad, blank = bad + ready, blank + (not ready)
            place = replace(place, line=line.number, mark=line.mark)
        written = b"".join(texts)
        try:
            _write(self._out, written)
        except OSError as error:
            raise _unwritten(self.out, error) from error
        self.place = replace(place, size=place.size + len(written), outcomes=dict(outcomes), bad=bad, blank=blank)

    def _begin_journal(self) -> None:
        """Replace the journal by one that begins here, at once or not at all."""
        os.fsync(self._out)
        head = {"kind": _KIND, "options": dict(self._options), "place": asdict(self.place)}
        new = self.journal.with_name(self.journal.name + ".new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        try:
            _write(descriptor, json.dumps(head).encode() + b"\n")
            for number, kept in self.kept.items():
                _write(descriptor, _record(number, kept))
            os.fsync(descriptor)
            new.replace(self.journal)
        except BaseException:
            os.close(descriptor)
            raise
        if self._journal >= 0:
            os.close(self._journal)
        self._journal, self._whole = descriptor, os.lseek(descriptor, 0, os.SEEK_CUR)

    def _take_up(self, file: BinaryIO) -> None:
        """Find out what is done already."""
        if not self.journal.exists():
            self.place = _place_by_ids(file, self.out, self._options)
            return
        self.place, self.kept, self._whole = _read_journal(self.journal, self._options)
        if os.fstat(self._out).st_size < self.place.size:
            raise BadInput(f"{self.out} is shorter than its journal says; start anew with --overwrite.")
        _check_input(file, self.place, self.kept)
        self._journal = os.open(self.journal, os.O_WRONLY | os.O_CLOEXEC)
        os.ftruncate(self._journal, self._whole)
        os.lseek(self._journal, 0, os.SEEK_END)

    def _close(self) -> None:
        for descriptor in (self._journal, self._out):
            if descriptor >= 0:
                os.close(descriptor)
        self._journal = self._out = -1


def journal_of(out: Path) -> Path:
    """Where the journal of an OUT lies."""
    return out.with_name(out.name + ".journal")


def in_shard(number: int, options: Options) -> bool:
    """Whether a line belongs to the part of IN that these options name."""
    part, parts = shard_of(options)
    return (number - 1) % parts == part - 1


def shard_of(options: Options) -> tuple[int, int]:
    """The part of IN, from 1, and the number of parts."""
    part, _, parts = str(options.get("shard") or "1/1").partition("/")
    return int(part), int(parts)


def _open_out(out: Path, journal: Path, *, overwrite: bool, resume: bool) -> int:
    mend = "go on with --resume, replace it with --overwrite, or choose another --out"
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        if not (overwrite or resume):
            for path in (journal, out):
                if path.exists():
                    raise BadInput(f"{path} exists; {mend}.")
        descriptor = os.open(out, flags, 0o666)
    except FileNotFoundError as error:
        raise BadInput(f"the folder of {out} does not exist; make it or choose another --out.") from error
    except IsADirectoryError as error:
        raise BadInput(f"{out} is a folder; give --out the name of a file.") from error
    except OSError as error:
        raise _unwritten(out, error) from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise BadInput(f"{out} is no file that can be resumed; give --out the name of a file.")
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(descriptor)
        raise BadInput(f"{out} is being written by another `synth verify`; wait for it or stop it.") from error
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _read_journal(path: Path, options: Options) -> tuple[Place, dict[int, Kept], int]:
    """Its place, its results by line, and how many bytes of it are whole."""
    kept: dict[int, Kept] = {}
    with path.open("rb") as file:
        head = file.readline()
        place = _head(path, head, options)
        good = len(head)
        for text in file:
            if not text.endswith(b"\n"):
                break
            try:
                record = json.loads(text)
                result = record["result"]
                kept[record["line"]] = Kept(record["digest"], result["outcome"], json.dumps(result))
            except (ValueError, KeyError, TypeError, RecursionError):
                break
            good += len(text)
    # A fault of the sandbox is no result: such a line is tried again.
    done = {line: one for line, one in kept.items() if line > place.line and one.outcome != "infra_error"}
    return place, done, good


def _head(path: Path, text: bytes, options: Options) -> Place:
    try:
        head = json.loads(text)
        kind, before, place = head["kind"], head["options"], Place(**head["place"])
    except (ValueError, KeyError, TypeError, RecursionError):
        kind, before, place = "", {}, Place()
    if kind != _KIND:
        raise BadInput(f"{path} is no journal of this version; delete it to go by OUT alone, or use --overwrite.")
    for name in sorted({*options, *before}):
        if options.get(name) != before.get(name):
            raise BadInput(
                f"the results so far were made with {name} = {before.get(name)}, not {options.get(name)}; "
                "use the same options, or --overwrite."
            )
    return place


def _check_input(file: BinaryIO, place: Place, kept: Mapping[int, Kept]) -> None:
    """Make sure that IN's lines are the ones that were done; leave the file behind those of `place`."""
    last = max(kept, default=place.line)
    seen, behind = 0, file.tell()
    for line in read_lines(file) if last else ():
        seen = line.number
        if seen == place.line:
            behind = file.tell()
        same = line.mark == place.mark if seen == place.line else True
        if not same or (seen in kept and kept[seen].digest != line.digest):
            where = f"line {seen} or one before it" if seen == place.line else f"line {seen}"
            raise BadInput(f"{file.name}: {where} has changed since it was run; use --overwrite, or restore the file.")
        if seen == last:
            break
    if seen < last:
        raise BadInput(f"{file.name} has fewer lines than were run already; use --overwrite, or restore the file.")
    file.seek(behind)


def _place_by_ids(file: BinaryIO, out: Path, options: Options) -> Place:
    """How far an OUT without a journal goes. Its ids must be those of IN in the same order."""
    place, outcomes, bad, blank, behind = Place(), Counter[str](), 0, 0, file.tell()
    with out.open("rb") as results:
        wanted = _next_result(results)
        for line in read_lines(file) if wanted else ():
            if not in_shard(line.number, options):
                continue
            try:
                item = parse(line)
            except BadLine:
                bad += 1
                continue
            if item is None:
                blank += 1
                continue
            if wanted is None or wanted.get("id") != item.id:
                break
            outcomes[str(wanted.get("outcome"))] += 1
            place = Place(line.number, line.mark, results.tell(), dict(outcomes), bad, blank)
            behind = file.tell()
            wanted = _next_result(results)
            if wanted is None:
                break
    if wanted is not None:
        raise BadInput(
            f"{out} has {shown(wanted.get('id'))} as result {place.results + 1}, and {file.name} has another there: "
            "it was made from another file; use --overwrite, or choose another --out."
        )
    file.seek(behind)
    return place


def _next_result(results: BinaryIO) -> dict[str, object] | None:
    """The next whole result, if there is one."""
    text = results.readline()
    if not text.endswith(b"\n"):
        return None
    try:
        result = json.loads(text)
    except (ValueError, RecursionError):
        result = None
    return result if isinstance(result, dict) else {}


def _record(number: int, kept: Kept) -> bytes:
    return f'{{"line": {number}, "digest": "{kept.digest}", "result": {kept.text}}}\n'.encode()


def _write(descriptor: int, data: bytes) -> None:
    left = memoryview(data)
    while left:
        left = left[os.write(descriptor, left) :]


def _unwritten(path: Path, error: OSError) -> BadInput:
    return BadInput(
        f"{path} cannot be written: {error.strerror or error}. What was finished is kept; free space or "
        "check the rights, then go on with --resume."
    )
