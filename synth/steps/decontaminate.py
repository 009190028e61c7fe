"""Decontamination: does a text share a run of n words with a benchmark (ToE 4.1: n = 10)? Decides what may be exported.

Words are runs of letters, digits and underscores, lower-case, so layout and punctuation do not hide a copy. A text of
fewer than n words counts as one gram: it overlaps only where a benchmark text is, whole, the same words. Shorter
benchmark texts (`entry_point: add`) thus never match inside a longer one.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from synth.errors import BadInput
from synth.ids import digest, record_id
from synth.records import Choice

_WORD = re.compile(r"\w+")
_SHOWN = 24
"""Overlapping words quoted in a reason."""


@dataclass(frozen=True, slots=True)
class Benchmarks:
    """What to compare with: each gram (words joined by a space) and the first `file:line` that holds it."""

    ngram: int
    files: tuple[str, ...]
    texts: int
    """String values read."""
    grams: dict[str, str]
    hash: str
    """Of n and every gram; two sets of files that say the same have the same."""


def load_benchmarks(files: Sequence[Path], ngram: int) -> Benchmarks:
    """Read every string value, however nested, of JSONL files. Keys do not count.

    Raises `BadInput` that names the file and the line where it is not JSON, and the file where it holds no text.
    """
    grams: dict[str, str] = {}
    total = 0
    for file in files:
        texts = 0
        for place, value in _values(file):
            for text in _strings(value):
                texts += 1
                for gram in _grams(_words(text), ngram):
                    grams.setdefault(gram, place)
        if not texts:
            raise BadInput(f"{file}: holds no text to compare with; give a JSONL file with the benchmark's problems.")
        total += texts
    return Benchmarks(ngram, tuple(str(file) for file in files), total, grams, digest(ngram, *sorted(grams)))


def check_overlap(subject_id: str, text: str, benchmarks: Benchmarks) -> Choice:
    """Keep the subject only if no n-gram of `text` is in a benchmark; `value` counts those that are."""
    words = _words(text)
    places = [benchmarks.grams.get(gram) for gram in _grams(words, benchmarks.ngram)]
    hits = [start for start, place in enumerate(places) if place is not None]
    return Choice(
        id=record_id(Choice.kind, "decontaminate", subject_id, text, benchmarks.hash),
        subject_id=subject_id,
        stage="decontaminate",
        kept=not hits,
        reason=_reason(words, places, hits, benchmarks),
        value=float(len(hits)),
    )


def _reason(words: list[str], places: list[str | None], hits: list[int], benchmarks: Benchmarks) -> str:
    if not benchmarks.files:
        return "no benchmark files were given"
    if not hits:
        return f"no {benchmarks.ngram} words in a row are shared with {benchmarks.texts} benchmark texts"
    first = hits[0]
    last = first
    while last + 1 < len(places) and places[last + 1] == places[first]:
        last += 1
    shared = words[first : last + benchmarks.ngram]
    quoted = " ".join(shared[:_SHOWN]) + (" ..." if len(shared) > _SHOWN else "")
    runs = "1 run" if len(hits) == 1 else f"{len(hits)} runs"
    return f'overlaps a benchmark: {runs} of {benchmarks.ngram} words, first with {places[first]}: "{quoted}"'


def _values(file: Path) -> Iterator[tuple[str, object]]:
    try:
        with file.open("rb") as lines:
            for number, line in enumerate(lines, start=1):
                if line.strip():
                    yield f"{file}:{number}", _decode(line, f"{file}, line {number}")
    except OSError as error:
        raise BadInput(f"{file}: the benchmark file cannot be read: {error.strerror or error}.") from error


def _decode(line: bytes, where: str) -> object:
    try:
        return json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise BadInput(f"{where}: not UTF-8 text; unpack it or save it as UTF-8.") from error
    except json.JSONDecodeError as error:
        raise BadInput(
            f"{where}: not JSON ({error.msg}); a JSONL file has one whole JSON value on each line."
        ) from error
    except RecursionError as error:
        raise BadInput(f"{where}: nested too deeply to be read.") from error


def _strings(value: object) -> Iterator[str]:
    open_values = [value]
    while open_values:
        item = open_values.pop()
        if isinstance(item, str):
            yield item
        elif isinstance(item, dict):
            open_values.extend(item.values())
        elif isinstance(item, list):
            open_values.extend(item)


def _words(text: str) -> list[str]:
    return _WORD.findall(unicodedata.normalize("NFKC", text).lower())


def _grams(words: list[str], ngram: int) -> list[str]:
    if not words:
        return []
    return [" ".join(words[start : start + ngram]) for start in range(max(1, len(words) - ngram + 1))]
