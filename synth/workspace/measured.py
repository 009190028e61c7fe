"""What earlier questions of the workspace took, by prompt and model: from the ledgers of its runs, else its records."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from synth.models.ledger import call_files, parse_call
from synth.prices import is_called
from synth.store import Database
from synth.store.database import ASKED_FOR

_MOST_BYTES = 2 << 20
"""Read of one ledger file, from its end."""
_MOST_RUNS = 8
_MOST_ITEMS = 2000
"""Of one prompt, the latest."""

_KINDS: dict[str, str] = {
    "pre_extract": "pre_extractions",
    "cluster_features": "demonstrations",
    "extract_features": "extractions",
    "grow_features": "growths",
    "make_task": "tasks",
    "solve_task": "solutions",
    "repair_solution": "solutions",
    "review_tests": "rulings",
    "evolve_from_code": "instructions",
    "evolve_from_question": "instructions",
    "answer_instruction": "answers",
}
"""Prompt -> the table whose records it makes."""


@dataclass(slots=True)
class Asked:
    """What one item took: calls, and tokens of all of them together."""

    model: str
    calls: int = 0
    measured: int = 0
    """Calls whose tokens are known."""
    input_tokens: int = 0
    cached_tokens: int = 0
    output_tokens: int = 0


@dataclass(slots=True)
class Measured:
    """Items by prompt, the latest last, whichever model was asked."""

    items: dict[str, list[Asked]] = field(default_factory=dict)

    def of(self, prompt: str, model: str) -> tuple[list[Asked], bool]:
        """The items of a prompt that this model was asked for, and True; else those of all models, and False."""
        found = self.items.get(prompt, [])
        own = [one for one in found if is_called(one.model, model)]
        return (own, True) if own else (found, False)


@dataclass(frozen=True, slots=True)
class _Line:
    prompt: str
    item: str
    take: int
    model: str
    input_tokens: int | None
    cached_tokens: int
    output_tokens: int | None


class Meter:
    """Reads ledgers, each part once."""

    def __init__(self, db: Database, runs: Path) -> None:
        self._db = db
        self._runs = runs
        self._read: dict[Path, tuple[int, list[_Line]]] = {}

    def measure(self, run_id: str | None = None) -> Measured:
        """What the items of the latest runs took, or those of one run; what it got for nothing counts as well."""
        folders = [self._runs / run_id] if run_id else self._latest()
        found: dict[str, dict[tuple[str, int], Asked]] = defaultdict(dict)
        for folder in folders:
            here: dict[str, dict[tuple[str, int], Asked]] = defaultdict(dict)
            for line in (line for file in call_files(folder) for line in self._lines(file)):
                key = (line.item, line.take)
                _count(here[line.prompt].setdefault(key, Asked(line.model)), line)
            for prompt, items in here.items():
                for key, asked in items.items():
                    found[prompt].pop(key, None)  # the latest is last
                    found[prompt][key] = asked
        latest = {prompt: list(items.values())[-_MOST_ITEMS:] for prompt, items in found.items()}
        if run_id is None:
            latest |= {prompt: self._from_records(prompt) for prompt in _KINDS if prompt not in latest}
        return Measured({prompt: items for prompt, items in latest.items() if items})

    def _latest(self) -> list[Path]:
        return sorted(entry.parent for entry in self._runs.glob("*/config.json"))[-_MOST_RUNS:]

    def _lines(self, file: Path) -> list[_Line]:
        size = file.stat().st_size
        known = self._read.get(file)
        if known is None or known[0] != size:
            self._read[file] = known = (size, list(_parse(_tail(file, size))))
        return known[1]

    def _from_records(self, prompt: str) -> list[Asked]:
        """Of records from before there were ledgers, or that came with an imported database."""
        rows = self._db.rows(
            f"""select made->>'$.model', made->>'$.calls', made->>'$.prompt_tokens', made->>'$.cached_tokens',
            made->>'$.completion_tokens' from {_KINDS[prompt]} where made->>'$.prompt' = ?
            order by rowid desc limit {_MOST_ITEMS:d}""",
            [prompt],
        )
        return [_asked(*row) for row in reversed(rows)]


@dataclass(frozen=True, slots=True)
class Chain:
    """What was asked for a task that was made."""

    model: str
    engine: str
    solved: float
    """1 where a solution was asked for."""
    repaired: float
    ruled: float


def chains(db: Database, run_id: str | None = None) -> tuple[list[Chain], int]:
    """The latest tasks that were made, and how many were asked for and never made: of all runs, or of one."""
    rows = db.rows(
        f"""with chosen as (
            select id, made->>'$.model' as model, made->>'$.engine' as engine from tasks
            where (? is null or id in (select record_id from members where run_id = ? and kind = 'task'))
            order by rowid desc limit {_MOST_ITEMS:d}),
        made as (
            select task_id, count(*) filter (made->>'$.prompt' = 'solve_task') as solved,
                count(*) filter (made->>'$.prompt' = 'repair_solution') as repaired
            from solutions where task_id in (select id from chosen) and {ASKED_FOR} group by task_id),
        ruled as (select task_id, count(*) as rulings from rulings
            where task_id in (select id from chosen) group by task_id),
        lost as (
            select coalesce(s.task_id, d.subject_id) as task_id, count(*) filter (d.step = 'solve') as solved,
                count(*) filter (d.step = 'repair') as repaired, count(*) filter (d.step = 'review tests') as rulings
            from drops d left join solutions s on s.id = d.subject_id
            where d.step in ('solve', 'repair', 'review tests') group by 1)
        select c.model, c.engine, coalesce(m.solved, 0) + coalesce(l.solved, 0),
            coalesce(m.repaired, 0) + coalesce(l.repaired, 0), coalesce(r.rulings, 0) + coalesce(l.rulings, 0)
        from chosen c left join made m on m.task_id = c.id left join ruled r on r.task_id = c.id
        left join lost l on l.task_id = c.id order by c.id""",
        [run_id, run_id],
    )
    missed = db.number(
        """select count(*) from drops where step = 'task'
        and (? is null or id in (select record_id from members where run_id = ? and kind = 'dropped'))""",
        [run_id, run_id],
    )
    return [Chain(*row) for row in rows], missed


@dataclass(frozen=True, slots=True)
class Growing:
    """What Tree-of-Evolution came to so far, as pairs: so many of so many."""

    made: tuple[int, int]
    """Children, of those asked for."""
    kept: tuple[int, int]
    """By the beam, of the children made."""
    collected: tuple[int, int]
    """Of those kept."""


def growing(db: Database) -> Growing:
    """What past rounds say of the next."""
    children, lost, judged, kept, offered, collected = db.rows(
        """select (select count(*) from instructions where round > 0),
            (select count(*) from drops where step = 'evolve'),
            (select count(*) from choices where stage = 'beam'),
            (select count(*) from choices where stage = 'beam' and kept),
            (select count(*) from choices where stage = 'collect'),
            (select count(*) from choices where stage = 'collect' and kept)"""
    )[0]
    return Growing((children, children + lost), (kept, judged), (collected, offered))


def _count(asked: Asked, line: _Line) -> None:
    asked.calls += 1
    if line.input_tokens is not None and line.output_tokens is not None:
        asked.measured += 1
        asked.input_tokens += line.input_tokens
        asked.cached_tokens += line.cached_tokens
        asked.output_tokens += line.output_tokens


def _asked(model: str, calls: str | None, given: str | None, cached: str | None, written: str | None) -> Asked:
    number = int(calls or 1)
    if given is None or written is None:
        return Asked(model, number)
    return Asked(model, number, number, int(given), int(cached or 0), int(written))


def _tail(file: Path, size: int) -> Sequence[bytes]:
    with file.open("rb") as stream:
        if size > _MOST_BYTES:
            stream.seek(size - _MOST_BYTES)
            stream.readline()
        return stream.read(_MOST_BYTES).splitlines(keepends=True)


def _parse(lines: Iterable[bytes]) -> Iterable[_Line]:
    for raw in lines:
        event = parse_call(raw)
        if event is not None and event["finish"] != "failed":
            yield _Line(
                str(event.get("prompt")),
                str(event.get("item")),
                int(event.get("take") or 0),
                str(event.get("model")),
                event["input_tokens"],
                event["cached_tokens"] or 0,
                event["output_tokens"],
            )
