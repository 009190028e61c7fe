"""What is different between two records of one kind, field by field."""

import json
import re
from collections.abc import Iterator

from synth.records import Frozen, Record

_COMPARED = ("engine", "model", "prompt", "prompt_hash", "temperature", "top_p", "max_tokens")
"""Of `made`: what follows from the question. Times, tokens and cost are of one call."""
_NOT_COMPARED = frozenset({"seconds", "peak_mb"})
_SHOWN = 240
"""Characters of a value that is shown."""
_CHANCE = re.compile(r"0x[0-9a-f]{6,}|\b\d+\.\d+ ?s\b|\b\d+\.\d+ seconds\b")
"""In what a program printed: addresses and times, which no two runs share."""
_PRINTED = ("stdout", "stderr", "message")


class Difference(Frozen):
    """One field that is not what it was."""

    field: str
    was: str
    """As JSON, cut to where both begin to differ."""
    now: str


def differences(was: Record, now: Record) -> Iterator[Difference]:
    """Field by field what is not what it was, but for times, tokens and cost."""
    before, after = _fields(was), _fields(now)
    for name in dict.fromkeys([*before, *after]):
        if before.get(name) != after.get(name):
            yield Difference(field=name, **_apart(_json(before, name), _json(after, name)))


def _fields(record: Record) -> dict[str, object]:
    body = {name: value for name, value in record.model_dump(mode="json").items() if name not in _NOT_COMPARED}
    made = body.get("made")
    if isinstance(made, dict):
        body["made"] = {name: made[name] for name in _COMPARED}
    return dict(_flat("", body))


def _flat(name: str, value: object) -> Iterator[tuple[str, object]]:
    """Every value by its place, for example `tests.0.text`."""
    if isinstance(value, dict | list) and value:
        parts = value.items() if isinstance(value, dict) else enumerate(value)
        for part, inside in parts:
            yield from _flat(f"{name}.{part}" if name else str(part), inside)
    elif isinstance(value, str):
        # the database cannot hold a lone surrogate, which engines do send
        text = value.encode("utf-8", "replace").decode("utf-8")
        yield name, _CHANCE.sub("?", text) if name.rsplit(".", 1)[-1] in _PRINTED else text
    else:
        yield name, value


def _json(fields: dict[str, object], name: str) -> str:
    return json.dumps(fields[name], ensure_ascii=False) if name in fields else "absent"


def _apart(was: str, now: str) -> dict[str, str]:
    """Both from a little before where they begin to differ."""
    same = next((at for at, (one, other) in enumerate(zip(was, now, strict=False)) if one != other), 0)
    first = max(0, same - _SHOWN // 4) if max(len(was), len(now)) > _SHOWN else 0
    return {"was": _cut(was, first), "now": _cut(now, first)}


def _cut(text: str, first: int) -> str:
    shown = text[first : first + _SHOWN]
    return f"{'…' * bool(first)}{shown}{'…' * (first + _SHOWN < len(text))}"
