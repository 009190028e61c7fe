"""From identifiers and docstrings to names a person would give: `_parse_hdr_line` becomes "parse header line"."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from synth.models.offline.lexicon import Verb, load_names, load_texts, verbs, vocabulary

MOST_WORDS = 5
"""A longer phrase belongs to one program only."""

_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_VOWEL = re.compile(r"[aeiouy]")
_SENTENCE = re.compile(r"(?<=[.!?])\s|\n\s*\n|:\s|\n(?=\s*[>*:@-])")
_SHORT_WORDS = frozenset(
    (
        "id",
        "ip",
        "os",
        "up",
        "ui",
        "io",
        "xml",
        "html",
        "http",
        "ssl",
        "sql",
        "css",
        "csv",
        "dns",
        "ftp",
        "tls",
        "tcp",
        "udp",
    )
)


@dataclass(frozen=True, slots=True)
class Step:
    """A thing that is done: "parse header line"."""

    phrase: str
    verb: Verb


def split_identifier(name: str) -> tuple[str, ...]:
    """The words of an identifier in lower case: `_HTTPServer2.do_GET` -> http, server2, do, get."""
    return tuple(word for part in re.split(r"[\W_]+", name) for word in _HUMP.sub(" ", part).lower().split())


def spell_out(words: Sequence[str]) -> tuple[str, ...]:
    """The same with common short forms written out: `hdr`, `cfg` -> header, configuration."""
    known = load_texts("words", "abbreviations")
    return tuple(word for short in words for word in known.get(short, short).split())


def name_phrase(name: str) -> str:
    """A name of a library as a phrase, nothing written out: `OrderedDict` -> ordered dict."""
    return " ".join(split_identifier(name))


def is_readable(words: Sequence[str]) -> bool:
    """Whether these are words of a language and not a private short form such as `xfrm` or `f2`."""
    junk = _junk()
    return bool(words) and all(_is_word(word) and word not in junk for word in words)


def identifier_step(name: str, receiver: str = "") -> Step | None:
    """The step that calling `receiver.name()` takes; None where the name does not say.

    A lone verb takes its object from the receiver: `connection.close()` -> close connection.
    """
    words = split_identifier(name)
    if not words or name.startswith("__") or len(words) > MOST_WORDS:
        return None
    first, rest = words[0], spell_out(words[1:])
    if not rest:
        rest = spell_out(split_identifier(receiver))
    opening = load_texts("words", "prefixes").get(first, first)
    return _step(opening, rest)


def sentence_step(docstring: str) -> Step | None:
    """The step that the first sentence of a docstring states: "Parses an IP address from text." -> parse ip address."""
    sentence = _SENTENCE.split(docstring.strip(), maxsplit=1)[0]
    tokens = sentence.lower().split()
    verb = _base_form(tokens[0]) if tokens else None
    if verb is None or tokens[0].endswith((".", ":", ",")):
        return None
    return _step(verb, _object(tokens[1:]))


def class_phrase(name: str) -> str | None:
    """A class name as a noun phrase: `_HTTPConnection` -> http connection; None where it is one word or no words."""
    words = spell_out(split_identifier(name))
    return " ".join(words) if 2 <= len(words) <= MOST_WORDS and is_readable(words) else None


def singular(word: str) -> str:
    """A plain guess at the singular, for looking words up."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-1] if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")) else word


def _step(opening: str, rest: Sequence[str]) -> Step | None:
    verb = verbs().get(opening.split()[0])
    if verb is None or not is_readable(rest) or len(rest) > MOST_WORDS - 1 or rest[-1] in _vague():
        return None
    if 2 * sum(singular(word) in _known_words() for word in rest) < len(rest):
        return None
    return Step(f"{opening} {' '.join(rest)}", verb)


def _object(tokens: Sequence[str]) -> tuple[str, ...]:
    """The noun group at the start of `tokens`: up to the first preposition, mark or piece of code."""
    found: list[str] = []
    stop, skipped = _stop_words(), _determiners()
    for token in tokens:
        word = token.strip("'\"`").rstrip(".,;:!?)").strip("'\"`").removesuffix("'s")
        if word in skipped and not found:
            continue
        if word in stop or not word.replace("-", "").isalpha():
            break
        found.append(word)
        if token[-1] in ".,;:!?)":
            break
    return tuple(found)


def _base_form(word: str) -> str | None:
    forms = (word, word.removesuffix("s"), word.removesuffix("es"), re.sub("ies$", "y", word))
    return next((form for form in forms if form in verbs()), None)


def _is_word(word: str) -> bool:
    if word in _SHORT_WORDS:
        return True
    plain = word.replace("-", "")
    return len(plain) > 2 and plain.isalpha() and (not plain.isascii() or _VOWEL.search(plain) is not None)


@cache
def _known_words() -> frozenset[str]:
    """The words of the lexicon; a phrase that is mostly made of others belongs to one program only."""
    return frozenset(
        singular(word) for names in vocabulary().children.values() for name in names for word in name.split()
    )


@cache
def _junk() -> frozenset[str]:
    return frozenset(load_names("words", "junk"))


@cache
def _vague() -> frozenset[str]:
    return frozenset(load_names("words", "vague"))


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(load_names("words", "stop words"))


@cache
def _determiners() -> frozenset[str]:
    return frozenset(load_names("words", "determiners"))
