"""A reply's parts as the fields of a JSON object under a schema, and back into the text that the parsers read.

So a parser knows one form only, whatever the endpoint can do. A part with a plain name is written as a tag,
`<s>...</s>`; one with a title as a section, `[Final Score]: ...`; the only part of a reply stands for itself.
"""

import json
import re
from collections.abc import Mapping
from functools import lru_cache

from synth.models.base import Form
from synth.models.completion import breaks_off

KINDS = ("string", "strings", "number", "json")
"""What a part may be. `json` cannot be described to an endpoint, so a form with it is always asked for in tags."""
DECLINE = "decline"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9 _]{0,60}")
_SCHEMAS: dict[str, dict[str, object]] = {
    "string": {"type": "string"},
    "strings": {"type": "array", "items": {"type": "string"}},
    "number": {"type": "number"},
}
_WORDS = {"string": "a text", "strings": "a list of texts", "number": "a number"}
_NO_REASON = frozenset({"", "null", "none", "no", "n/a", "false"})
_FENCE = re.compile(r"\A\s*```\w*\s*\n(.*?)\n?\s*```\s*\Z", re.DOTALL)


def read_form(name: str, parts: object) -> Form:
    """The form that a prompt declares under `reply`. Raises ValueError with what is wrong with it."""
    if not isinstance(parts, Mapping) or not parts:
        raise ValueError("`reply` must be a mapping of parts to their kinds, such as {s: string}")
    for part, kind in parts.items():
        if not isinstance(part, str) or not _NAME.fullmatch(part) or field_of(part) == DECLINE:
            raise ValueError(f"`reply` cannot have a part `{part}`; use letters, digits, spaces, and not `{DECLINE}`")
        if kind not in KINDS:
            raise ValueError(f"`reply`: `{part}` is {kind!r}, which is none of {', '.join(KINDS)}")
    if len({field_of(part) for part in parts}) < len(parts):
        raise ValueError("`reply` has two parts of one name")
    return Form(name, dict(parts))


def field_of(part: str) -> str:
    """The name that a part has as a field."""
    return part.lower().replace(" ", "_")


def fits_a_schema(form: Form) -> bool:
    """Whether every part can be described."""
    return "json" not in form.parts.values()


def response_format(form: Form) -> dict[str, object]:
    """What an endpoint is given as `response_format`."""
    return _response_format(form.name, tuple(form.parts.items()))


def in_words(form: Form) -> str:
    """The sentence behind a question that is to be answered in JSON."""
    return _in_words(tuple(form.parts.items()))


def as_text(form: Form, content: str) -> str | None:
    """The text that the parser of this form reads; None where `content` is no JSON object with any of its fields."""
    value = _object_in(content)
    if value is None:
        return None
    given = {part: value[key] for part in form.parts if (key := _key(value, part)) is not None}
    if declined := _declined(value.get(DECLINE), given, form):
        return declined
    if not given:
        return None
    if len(form.parts) == 1:
        return _alone(*given.values())
    return "\n\n".join(_section(part, _written(said)) for part, said in given.items() if said is not None)


def is_cut_off(content: str) -> bool:
    """Whether a text begins as a JSON object and never comes to its end."""
    text = content.strip()
    if not text.startswith("{"):
        return False
    try:
        json.JSONDecoder(strict=False).raw_decode(text)
    except json.JSONDecodeError as error:
        return breaks_off(error)
    except (ValueError, RecursionError):
        return False
    return False


@lru_cache(maxsize=64)
def _response_format(name: str, parts: tuple[tuple[str, str], ...]) -> dict[str, object]:
    fields: dict[str, object] = {field_of(part): _SCHEMAS[kind] for part, kind in parts}
    fields[DECLINE] = {"type": ["string", "null"]}
    schema = {"type": "object", "properties": fields, "required": list(fields), "additionalProperties": False}
    plain = re.sub(r"[^A-Za-z0-9_-]", "_", name)[:64] or "reply"
    return {"type": "json_schema", "json_schema": {"name": plain, "strict": True, "schema": schema}}


@lru_cache(maxsize=64)
def _in_words(parts: tuple[tuple[str, str], ...]) -> str:
    listed = ", ".join(f"`{field_of(part)}` ({_WORDS[kind]}) for {_shown(part, len(parts))}" for part, kind in parts)
    return (
        "Do not use the form above: reply with one JSON object and nothing else. Its fields, in this order: "
        f"{listed}; and `{DECLINE}`, which is null, or the reason where you decline."
    )


def _shown(part: str, parts: int) -> str:
    if parts == 1:
        return "the whole reply"
    return f"[{part}]" if _is_title(part) else f"<{part}>"


def _is_title(part: str) -> bool:
    return part != part.lower() or " " in part


def _section(part: str, text: str) -> str:
    if _is_title(part):
        return f"[{part}]: {text}"
    # what would end the tag too early
    return f"<{part}>{re.sub(rf'</(?={part}>)', '< /', text, flags=re.IGNORECASE)}</{part}>"


def _written(value: object) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)


def _alone(value: object) -> str:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return " ## ".join(value)
    return "" if value is None else _written(value)


def _declined(reason: object, given: Mapping[str, object], form: Form) -> str:
    """The tag, where the engine declines; a reply that is there whole is taken, whatever stands in that field."""
    whole = len(given) == len(form.parts) and all(said not in ("", None, []) for said in given.values())
    if whole or not isinstance(reason, str) or reason.strip().lower() in _NO_REASON:
        return ""
    return f"<{DECLINE}>{reason.strip()}</{DECLINE}>"


def _key(value: Mapping[str, object], part: str) -> str | None:
    return next((key for key in (field_of(part), part) if key in value), None)


def _object_in(content: str) -> dict[str, object] | None:
    """The JSON object that a text is, in a fence perhaps."""
    fenced = _FENCE.match(content)
    text = (fenced[1] if fenced else content).strip()
    if not text.startswith("{"):
        return None
    try:
        value = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
