"""Export: choose what may leave, write it in one format with its card, say what stayed behind and why."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from synth.errors import BadInput
from synth.export.card import CardFacts, Tally, write_card
from synth.export.files import check_target, whole_files, write_jsonl
from synth.export.rows import Form, Row, clean_text, make_row, named_scores
from synth.export.sample import Sample


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote."""

    path: Path
    card_path: Path
    rows: int
    left_out: dict[str, int]
    """Samples by the reason why they are not in the file."""


def export_samples(
    samples: Iterable[Sample],
    form: Form,
    out: Path,
    facts: CardFacts,
    *,
    unproven: bool = False,
    overwrite: bool = False,
) -> ExportReport:
    """Write the samples to `out` (.jsonl or .parquet) and `<stem>.card.md` beside it, whole or not at all.

    Only proven solutions leave, unless `unproven`: then so do other solutions and the answers of evolution trees.
    Raises `BadInput` where the name does not fit, a file would be replaced without `overwrite`, the system refuses, or
    no sample may leave.
    """
    card_path = out.with_name(f"{out.stem}.card.md")
    check_target(out, card_path, overwrite)
    door = _Door(unproven)
    tally = Tally()
    with whole_files(out, card_path) as (draft, card_draft):
        _write(_rows(door.let_out(samples), form, tally), form, out.suffix.lower(), draft, tally)
        left_out = dict(sorted(door.left_out.items()))
        if not tally.rows:
            raise BadInput(_nothing(left_out))
        card = write_card(tally, facts, form, out.name, left_out)
        card_draft.write_text(clean_text(card), encoding="utf-8", newline="\n")
    return ExportReport(out, card_path, tally.rows, left_out)


def preview(samples: Iterable[Sample], form: Form, n: int, *, unproven: bool = False) -> list[Row]:
    """The first `n` rows that `export_samples` would write."""
    return [make_row(sample, form) for sample in islice(_Door(unproven).let_out(samples), n)]


@dataclass(slots=True)
class _Door:
    """Lets samples out and counts by reason those that stay."""

    unproven: bool
    left_out: Counter[str] = field(default_factory=Counter)

    def let_out(self, samples: Iterable[Sample]) -> Iterator[Sample]:
        seen: set[str] = set()
        for sample in samples:
            reason = "given twice" if sample.id in seen else self._reason(sample)
            seen.add(sample.id)
            if reason:
                self.left_out[reason] += 1
            else:
                yield sample

    def _reason(self, sample: Sample) -> str:
        if not sample.question.strip() or not sample.response.strip():
            return "no solution or answer"
        if sample.proven or self.unproven:
            return ""
        if sample.solution is None:
            return "not proven: an answer, nothing was run"
        return f"not proven: {sample.verdict.doubt}" if sample.verdict else "not proven: never run"


def _rows(samples: Iterable[Sample], form: Form, tally: Tally) -> Iterator[Row]:
    for sample in samples:
        yield make_row(sample, form)
        tally.add(sample, named_scores(sample))


def _write(rows: Iterable[Row], form: Form, suffix: str, draft: Path, tally: Tally) -> None:
    if suffix == ".jsonl":
        write_jsonl(rows, draft)
        return
    from synth.export.parquet import write_parquet

    # The names of the scores, and so the schema, are known only after the last row.
    lines = draft.with_suffix(".rows")
    try:
        write_jsonl(rows, lines)
        write_parquet(lines, form, tally.scores, draft)
    finally:
        lines.unlink(missing_ok=True)


def _nothing(left_out: dict[str, int]) -> str:
    if not left_out:
        return "nothing to export: there is no finished sample yet; start a run first."
    reasons = ", ".join(f"{count} {reason}" for reason, count in left_out.items())
    return f"nothing to export: {reasons}. Unproven samples leave only when asked for."
