"""One line of a journal: what it is about comes first, so that it can be found without reading the record.

    {"kind":"task","key":"task-3f0c9b5e11aa7d02","record":{...}}
    {"kind":"subtree","key":"subtree-...","also":"draw 12","record":{...}}
    {"kind":"dropped","key":"solution-...","take":1,"again":true,"record":{...}}
    {"kind":"mark","key":"ended 12","of":{...}}

`key` is the record's id; a dropped item has the id that it would have had. `also` is a second name to be found by.
`take` counts how often a person had the item tried anew. `again` says that a resumed run tries it anew by itself. A
mark is no record: it says that a piece of work is over. Lines from before there were keys, `{"kind": ...,
"record": ...}`, are read as well.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic_core import PydanticSerializationError

from synth.records import KINDS, Dropped, Record, Verdict

MARK = "mark"
"""The kind of a line that is no record."""

_HEAD = re.compile(
    rb'\{"kind":"([a-z_]+)","key":"([^"\\]*)"(?:,"also":"([^"\\]*)")?(?:,"take":([0-9]{1,9}))?(,"again":true)?'
    rb',"(?:record|of)":'
)


@dataclass(frozen=True, slots=True)
class Head:
    """What a line is about."""

    kind: str
    key: str
    also: str = ""
    take: int = 0
    again: bool = False
    body: int = 0
    """Where the record begins, in bytes; 0 in a line that has to be read whole."""


class Damaged(ValueError):
    """A line that is no entry."""


def key_of(record: Record) -> str:
    """What a record is found by: its id, or the id that a dropped item would have had."""
    return record.wanted_id if isinstance(record, Dropped) else record.id


def write_record(record: Record, also: str = "", take: int = 0) -> bytes:
    """A line for a record."""
    again = record.retry if isinstance(record, Dropped) else isinstance(record, Verdict) and record.unfinished
    head = f'{{"kind":"{record.kind}","key":{json.dumps(key_of(record))}'
    head += (f',"also":{json.dumps(also)}' if also else "") + (f',"take":{take:d}' if take else "")
    return (head + (',"again":true' if again else "") + ',"record":').encode("ascii") + _json(record) + b"}\n"


def write_mark(key: str, of: Mapping[str, Any]) -> bytes:
    """A line that says that a piece of work is over."""
    return f'{{"kind":"{MARK}","key":{json.dumps(key)},"of":{json.dumps(of)}}}\n'.encode("ascii")


def read_head(line: bytes) -> Head:
    """What a line is about, without reading the rest where that is possible. Raises `Damaged`."""
    found = _HEAD.match(line)
    if found is not None:
        kind, key, also, take, again = found.groups()
        try:
            second = also.decode() if also else ""
            return Head(kind.decode(), key.decode(), second, int(take or 0), again is not None, found.end())
        except UnicodeDecodeError:
            raise Damaged("not UTF-8") from None
    return _read_whole_head(line)


def read_body(line: bytes, head: Head) -> Record:
    """The record of a line. Raises `Damaged`."""
    try:
        kind = KINDS[head.kind]
        if head.body:
            try:
                return kind.model_validate_json(line.rstrip()[head.body : -1])
            except ValidationError:
                pass  # half a character is refused there, and can be read here
        return kind.model_validate(json.loads(line)["record"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(str(error)) from error


def read_mark(line: bytes) -> Mapping[str, Any]:
    """What a mark says. Raises `Damaged`."""
    try:
        found = json.loads(line)["of"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Damaged(str(error)) from error
    if not isinstance(found, dict):
        raise Damaged("a mark without content")
    return found


def _json(record: Record) -> bytes:
    try:
        return record.model_dump_json().encode("utf-8")
    except (PydanticSerializationError, UnicodeEncodeError):
        # engines do send half a character; only escaped can it be written
        return json.dumps(record.model_dump(mode="python"), ensure_ascii=True).encode("ascii")


def _read_whole_head(line: bytes) -> Head:
    try:
        entry = json.loads(line)
        kind = entry["kind"]
        if kind == MARK:
            return Head(kind, str(entry["key"]))
        record = entry["record"]
        named = record["wanted_id"] if kind == Dropped.kind else record["id"]
        again = bool(record.get("retry")) or "infra_error" in (
            record.get("outcome"),
            (record.get("proof") or {}).get("stub"),
        )
        also = str(entry.get("also", "")) or _second_name(kind, record)
        head = Head(str(kind), str(named), also, int(entry.get("take", 0)), again)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Damaged(str(error)) from error
    return head


def _second_name(kind: str, record: Mapping[str, Any]) -> str:
    """Lines from before there were second names."""
    if kind == "subtree":
        return f"draw {record['draw']}"
    return f"grow {record['step']}" if kind == "growth" else ""
