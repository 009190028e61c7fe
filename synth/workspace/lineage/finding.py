"""Finding a record of any kind by its id, or by as much of it as tells it from all others."""

from collections.abc import Sequence

from synth.errors import NotFound
from synth.records import KINDS, Dropped, Record
from synth.store import Database
from synth.store.schema import TABLES

_LONGEST = 120
"""Characters of what may be an id."""
_FEWEST = 4
"""Characters that may stand for an id without its kind."""
_NAMED = 5
"""Ids that an error names."""
_ALIKE = 0.9
"""Jaro-Winkler similarity from which an id is named as one that may have been meant."""


def find_record(db: Database, wanted: str) -> Record:
    """The record of this id, or of the only one that begins so; its kind may be left out.

    The id of what was to be made and was dropped leads to the `Dropped`. Raises `NotFound`, which names ids alike.
    """
    text = wanted.strip()
    if not 0 < len(text) <= _LONGEST or not text.isprintable():
        raise NotFound(f"{_shown(wanted)} is no id of a record; ids look like `task-3f0c9b5e11aa7d02`.")
    kinds = _kinds(text)
    exact = _ids(db, kinds, "id = ?", [text])
    found = exact or _ids(db, [Dropped.kind], "wanted_id = ?", [text]) or _beginning(db, kinds, text)
    if len(found) == 1:
        return record_of(db, *found[0])
    if found:
        names = ", ".join(f"`{record_id}`" for _, record_id in found[:_NAMED])
        more = ", and more" if len(found) > _NAMED else ""
        raise NotFound(f"{_shown(text)} is the beginning of several ids: {names}{more}; give more of it.")
    raise NotFound(f"no record {_shown(text)} in this workspace{_alike(db, kinds, text)}.")


def record_of(db: Database, kind: str, record_id: str) -> Record:
    """One record of a kind. Raises `NotFound`."""
    return db.record(KINDS[kind], record_id)


def records_of(db: Database, kind: str, ids: Sequence[str]) -> dict[str, Record]:
    """Those of the records that are there, by id."""
    if not ids:
        return {}
    return {record.id: record for record in db.records(KINDS[kind], "id in (select unnest(?))", [list(ids)])}


def kind_of(record_id: str) -> str | None:
    """The kind that an id names; None where it names none."""
    return next((kind for kind in KINDS if record_id.startswith(f"{kind}-")), None)


def _kinds(text: str) -> list[str]:
    kind = kind_of(text)
    return [kind] if kind is not None else list(KINDS)


def _beginning(db: Database, kinds: Sequence[str], text: str) -> list[tuple[str, str]]:
    if len(kinds) == 1:
        return _ids(db, kinds, "starts_with(id, ?)", [text])
    if len(text) < _FEWEST:
        return []
    bare = _ids(db, kinds, "starts_with(split_part(id, '-', -1), ?)", [text])
    # what was dropped at first and made later is there twice: the record itself is meant
    made = [(kind, record_id) for kind, record_id in bare if kind != Dropped.kind]
    return made or bare


def _ids(db: Database, kinds: Sequence[str], where: str, parameters: Sequence[object]) -> list[tuple[str, str]]:
    """Kind and id of at most one more than an error names."""
    each = [f"(select '{kind}' as kind, id from {TABLES[kind]} where {where} limit {_NAMED + 1})" for kind in kinds]
    sql = f"select kind, id from ({' union all '.join(each)}) order by id limit {_NAMED + 1}"
    return [(kind, record_id) for kind, record_id in db.rows(sql, list(parameters) * len(kinds))]


def _alike(db: Database, kinds: Sequence[str], text: str) -> str:
    each = [f"select id, jaro_winkler_similarity(id, ?) as alike from {TABLES[kind]}" for kind in kinds]
    sql = f"select id from ({' union all '.join(each)}) where alike >= ? order by alike desc, id limit 3"
    found = [f"`{row[0]}`" for row in db.rows(sql, [*[text] * len(kinds), _ALIKE])]
    return f"; alike are {', '.join(found)}" if found else ""


def _shown(text: str) -> str:
    """The text in an error: on one line, not too long, with nothing that a terminal obeys."""
    line = "".join(character if character.isprintable() else "?" for character in text[: _LONGEST + 1])
    return f"`{line[: _LONGEST - 1]}…`" if len(line) > _LONGEST else f"`{line}`"
