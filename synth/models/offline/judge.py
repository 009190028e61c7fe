"""Answer to `judge_challenge`: a rating from 1 to 10 by a stated formula over the text of a question (ToE 3.3).

Every count only grows as text is added, so a question with one requirement more never rates lower.
"""

import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from synth.errors import BadInput
from synth.models.base import Request
from synth.models.offline.lexicon import LEXICON, load_names, load_table, vocabulary
from synth.models.offline.phrases import singular

_FEWEST_WORDS = 4
_LONGEST_TERM = 4
"""Words of the longest technique that is looked for."""
_EXAMPLE = re.compile(
    r"^\s*[-*]?\s*`.*`\s+(?:returns|raises|gives|->|==)\s*[`'\"\[{(\d-]|^\s*>>>|^\s*Examples?:?\s*$", re.IGNORECASE
)
_FENCE = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_ITEM = re.compile(r"\s*(?:[-*•]|\d+[.)])\s+")
_STATEMENT_END = re.compile(r"(?<=[.;!?:])\s+|\n\s*\n|\n(?=\s*(?:[-*•#]|\d+[.)])\s)")
_WORD = re.compile(r"[a-z0-9]+(?:[-'][a-z0-9]+)*")
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?![\w.]*\w)")
_FUNCTION = re.compile(r"`(\w+)\([^`]*\)[^`]*`|\bdef (\w+)\(|`(\w+\.py)`")
_ERROR = re.compile(r"\b(?:raises?|raising|throws?|reject(?:s|ed)?|refuse[sd]?)\b\W+(?:an? )?`?(\w+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Count:
    """One thing that was counted in a question, and the points that it is worth."""

    what: str
    points: float


def answer_judge_challenge(request: Request) -> str:
    """The rating of `inputs["question"]`, with what counted."""
    text = str(request.inputs["question"])
    if len(_words(text)) < _FEWEST_WORDS:
        return "<decline>the text is too short to be a programming question</decline>"
    counts = count_challenge(text)
    total = math.fsum(count.points for count in counts)
    shown = (
        "; ".join(f"{count.what} (+{count.points:.2f})" for count in counts if count.points > 0) or "nothing counted"
    )
    scale = _numbers("scale")["points"]
    return (
        f"Step 1 [Judge Reason]: {shown}. Together {total:.2f} points; "
        f"the score is 1 + 9 x (1 - exp(-points / {scale:g})), rounded.\n"
        f"Step 2 [Final Score]: {rate(total)}"
    )


def rate(points: float) -> int:
    """Points as a rating from 1 to 10; each further point weighs less than the one before."""
    return round(1 + 9 * (1 - math.exp(-points / _numbers("scale")["points"])))


def count_challenge(text: str) -> list[Count]:
    """What makes the question hard: steps, ideas, exceptions, parts that must fit together, efficiency, length."""
    worth = _numbers("points")
    prose = "\n".join(line for line in _FENCE.sub("\n", text).splitlines() if not _EXAMPLE.match(line))
    words = _words(prose)
    requirements = sum(map(_is_requirement, _STATEMENT_END.split(prose)))
    conditions = len(list(_terms(words, load_names("challenge", "conditions"))))
    numbers = list(dict.fromkeys(_NUMBER.findall(prose)))
    errors = list(dict.fromkeys(_ERROR.findall(prose)))
    parts = list(dict.fromkeys(name for found in _FUNCTION.findall(text) for name in found if name))
    further = max(0, len({name.removesuffix(".py") for name in parts}) - 1)
    awkward = list(dict.fromkeys(_terms(words, load_names("challenge", "awkward cases"))))
    demands = list(dict.fromkeys(_terms(words, load_names("challenge", "efficiency demands"))))
    return [
        Count(f"{requirements} requirements", worth["requirement"] * requirements),
        Count(f"{conditions} conditions", worth["condition"] * conditions),
        Count(f"{len(numbers)} constants", worth["constant"] * len(numbers)),
        Count(f"{len(errors)} error rules", worth["error rule"] * len(errors)),
        Count(f"{further} further functions or files", worth["further function or file"] * further),
        _technique_count(words),
        Count(f"awkward cases: {', '.join(awkward)}", worth["awkward case"] * len(awkward)),
        Count(f"efficiency: {', '.join(demands)}", worth["efficiency demand"] * len(demands)),
        Count(f"{len(words)} words", worth["length"] * (1 - math.exp(-len(words) / _numbers("scale")["words"]))),
    ]


def _technique_count(words: list[str]) -> Count:
    weights = _techniques()
    found = list(dict.fromkeys(_terms([singular(word) for word in words], weights)))
    return Count(f"ideas: {', '.join(found)}", math.fsum(weights[term] for term in found))


def _is_requirement(statement: str) -> bool:
    """A sentence or an item of a list; headings and scraps are none."""
    words = len(_words(statement))
    return words >= _FEWEST_WORDS or (words > 0 and _ITEM.match(statement) is not None)


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


def _terms(words: list[str], known: Iterable[str]) -> Iterator[str]:
    """The known terms in the text, in order, with repeats."""
    wanted = known if isinstance(known, Mapping) else frozenset(known)
    for start in range(len(words)):
        for length in range(1, _LONGEST_TERM + 1):
            term = " ".join(words[start : start + length])
            if start + length <= len(words) and term in wanted:
                yield term


@cache
def _techniques() -> Mapping[str, float]:
    """Points of each idea: features of several words by their category, and the listed ones."""
    weights: dict[str, float] = {}
    by_category = _numbers("categories")
    for places in vocabulary().places.values():
        name, category = places[0][-1], places[0][0]
        if " " in name and category in by_category:
            weights.setdefault(_key(name), by_category[category])
    weights.update({_key(name): points for name, points in _numbers("techniques").items()})
    return weights


def _key(name: str) -> str:
    return " ".join(map(singular, _words(name)))


@cache
def _numbers(section: str) -> Mapping[str, float]:
    value = load_table("challenge").get(section)
    if not isinstance(value, dict) or not all(
        isinstance(number, (int, float)) and number >= 0 for number in value.values()
    ):
        raise BadInput(f"{LEXICON}/challenge.json, `{section}`: must map names to numbers of at least 0.")
    return {name: float(number) for name, number in value.items()}
