"""What ended early in a run, by step and reason, with examples and the ids to try again."""

from dataclasses import dataclass

from synth.store.database import OF_RUN, Database

_EXAMPLES = 3
_RAW = 4000

STILL_LOST = f"""{OF_RUN.format(id="id", kind="dropped")} and wanted_id not in (select record_id from members)
    and not (step = 'grow' and exists (
        select 1 from members lost join members made using (run_id) join growths on growths.id = made.record_id
        where lost.record_id = drops.id and lost.kind = 'dropped' and made.kind = 'growth'
          and drops.subject_id = 'growth-step-' || growths.step))"""
"""SQL condition on drops: of the run given twice as a parameter, and not made since.

A growth step that is made later may have another id: where an earlier step was tried anew, the tree is another one.
"""


@dataclass(frozen=True, slots=True)
class Example:
    """One item that ended early."""

    subject_id: str
    wanted_id: str
    """Id that the record would have had."""
    reason: str
    raw: str
    """What the engine said, its beginning where it is long."""


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Items of one step that ended for the same reason."""

    step: str
    reason: str
    """Up to its first colon."""
    count: int
    """Of those that no later try has made."""
    examples: tuple[Example, ...]


def failures(db: Database, run_id: str) -> list[FailureGroup]:
    """Groups of what was dropped and not made since, the largest first."""
    rows = db.rows(
        f"""with ended as (
                select step, trim(split_part(reason, ':', 1)) as why, subject_id, wanted_id, reason,
                    left(coalesce(raw, ''), {_RAW}) as raw,
                    row_number() over (partition by step, why order by id) as number, count(*) over (
                        partition by step, why) as total
                from drops where {STILL_LOST})
            select step, why, total, subject_id, wanted_id, reason, raw from ended where number <= {_EXAMPLES}
            order by total desc, step, why, number""",
        [run_id, run_id],
    )
    groups: dict[tuple[str, str], tuple[int, list[Example]]] = {}
    for step, why, total, *example in rows:
        groups.setdefault((step, why), (total, []))[1].append(Example(*example))
    return [FailureGroup(step, why, total, tuple(found)) for (step, why), (total, found) in groups.items()]


def failed_ids(db: Database, run_id: str, step: str, reason: str) -> list[str]:
    """Ids of what would have been made, of one group."""
    rows = db.rows(
        f"""select wanted_id from drops where {STILL_LOST} and step = ? and trim(split_part(reason, ':', 1)) = ?
        order by wanted_id""",
        [run_id, run_id, step, reason],
    )
    return [row[0] for row in rows]
