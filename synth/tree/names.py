"""Names of features: one spelling before anything is merged, and the test for "that sibling says the same"."""

import re
import unicodedata
from collections.abc import Iterable

MAX_NAME = 80
"""Characters; what is longer is a sentence, not a feature."""

_NONE_LIKE = frozenset(
    (
        *(
            "n.a",
            "na",
            "n/a",
            "nan",
            "nil",
            "no",
            "none",
            "null",
            "nothing",
            "none given",
            "none specified",
            "none used",
        ),
        *("not applicable", "not available", "not specified", "not used", "other", "others", "tbd"),
        *("undefined", "unknown", "unspecified"),
    )
)
_QUOTES = "\"'`“”‘’«»"
_BULLET = re.compile(r"^(?:[-*•]\s+)+")
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_SEPARATOR = re.compile(rf"[\s_,{_QUOTES}]+|(?<=\w)[-‐-―/](?=\w)")
_VOWEL = re.compile(r"[aeiouy]")
_SAME_WORD = {
    "admin": "administrator",
    "admins": "administrator",
    "apis": "api",
    "auth": "authentication",
    "children": "child",
    "config": "configuration",
    "configs": "configuration",
    "db": "database",
    "dbs": "database",
    "ids": "id",
    "indexes": "index",
    "indices": "index",
    "init": "initialise",
    "initialization": "initialise",
    "initialisation": "initialise",
    "initialize": "initialise",
    "matrices": "matrix",
    "params": "parameter",
    "regex": "regular expression",
    "regexes": "regular expression",
    "regexp": "regular expression",
    "vertices": "vertex",
}


_PAIRS = """
    with/without left/right top/bottom up/down upper/lower input/output read/write reading/writing encode/decode
    encoding/decoding encrypt/decrypt encryption/decryption compress/decompress serialize/deserialize lock/unlock
    serialization/deserialization min/max minimum/maximum first/last start/end start/stop open/close push/pop add/remove
    insert/delete before/after ascending/descending increase/decrease increment/decrement enable/disable import/export
    upload/download client/server source/target sync/async synchronous/asynchronous mutable/immutable static/dynamic
    public/private local/global local/remote true/false load/save sender/receiver send/receive prefix/suffix row/column
    horizontal/vertical inner/outer internal/external positive/negative even/odd forward/backward parent/child
"""
_OPPOSITES: dict[str, set[str]] = {}
for _one, _other in (pair.split("/") for pair in _PAIRS.split()):
    _OPPOSITES.setdefault(_one, set()).add(_other)
    _OPPOSITES.setdefault(_other, set()).add(_one)
"""Words of which one says what the other denies; near to each other for every embedding."""


def clean(name: str) -> str:
    """`name` fit to show and store: one Unicode form, one space at a time, nothing invisible, case kept."""
    if name.isascii() and name.isprintable():
        return " ".join(name.split())
    text = unicodedata.normalize("NFKC", name)
    kept = [" " if char.isspace() else char for char in text if char.isspace() or _visible(char)]
    return unicodedata.normalize("NFKC", " ".join("".join(kept).split()))


def normalise(name: str) -> str | None:
    """The spelling under which a name is merged: clean, lower case, without quotes, bullets or a closing mark.

    None where nothing is left or the name only says that there is none ("none", "N/A", "other").
    """
    text, before = name, None
    while text != before:
        before = text
        text = _trim(clean(text.lower()))
    if text in _NONE_LIKE or not any(char.isalnum() for char in text):
        return None
    return text


def near_duplicate(name: str, siblings: Iterable[str]) -> str | None:
    """The first sibling that says the same as `name` in another spelling; None where there is none.

    Alike are names that differ in case, camelCase, spaces, hyphens or underscores, in the number or tense of a word
    (`parse file`, `parsing files`) or in a common short form (`admin`). A name that merely starts like another is
    a name of its own: `torch` and `torchvision`.
    """
    key = near_key(name)
    return next((sibling for sibling in siblings if near_key(sibling) == key), None)


def near_key(name: str) -> str:
    """Names with the same key are near-duplicates. Not fit to show."""
    words = [_stem(word) for word in _words(name)]
    key = ""
    for word in words:
        # "layer 1 2" is not "layer 12"
        key += f" {word}" if key[-1:].isdigit() and word[0].isdigit() else word
    return key


def opposed(one: str, other: str) -> bool:
    """Whether names that may look alike say different things: opposite words, other numbers, or another order.

    `string to integer` is not `integer to string`, and `top-down` is not `bottom-up`.
    """
    first, second = _words(one), _words(other)
    if sorted(first) == sorted(second):
        return first != second
    apart = set(first) ^ set(second)
    return any(word.isdigit() or _OPPOSITES.get(word, set()) & apart for word in apart)


def _words(name: str) -> list[str]:
    return [word for word in _SEPARATOR.split(_HUMP.sub(" ", _trim(clean(name))).lower()) if word]


def _trim(text: str) -> str:
    return _BULLET.sub("", text).strip(_QUOTES).rstrip(".,;:").strip()


def _visible(char: str) -> bool:
    return unicodedata.category(char) not in {"Cc", "Cf", "Cs"}


def _stem(word: str) -> str:
    """One form for a word's number and tense; cut only where a vowel stays, so `string` and `https` are left alone."""
    if word in _SAME_WORD:
        return "".join(map(_stem, _SAME_WORD[word].split()))
    stem = word
    if len(word) > 4 and word.endswith("ies"):
        stem = word[:-3] + "y"
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        stem = _cut(word, "s")
    for ending in ("ing", "ed"):
        stem = _cut(stem, ending)
    stem = stem[:-1] if len(stem) > 3 and stem.endswith("e") else stem
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and not stem[-1].isdigit() else stem


def _cut(word: str, ending: str) -> str:
    stem = word.removesuffix(ending)
    return stem if len(stem) >= 3 and _VOWEL.search(stem) else word
