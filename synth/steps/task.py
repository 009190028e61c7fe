"""Task: a drawn subtree becomes a scenario, a detailed task and an instruction (EpiCoder A.4).

The language is an input of its own, so the tree's category of languages is left out of what the engine chooses from.
"""

import ast
import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial

from synth.ask import Asker, Unanswered, Unparseable
from synth.ids import seed_number
from synth.records import CATEGORIES, Dropped, FeaturePath, Level, Subtree, Task
from synth.tree.nested import to_nested

PROMPT = "make_task"
LANGUAGE = "Python"
"""The one language that verdicts can be had for."""

_LANGUAGES = CATEGORIES[0]
_CODE = re.compile(r"(?:```|~~~)\s*(?:python|py)\b", re.IGNORECASE)
_BULLET = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s+")
_NOTHING = frozenset({"", "none", "n/a", "null"})


@dataclass(frozen=True, slots=True)
class TaskText:
    """A parsed reply: the four tags of A.4."""

    selected: tuple[str, ...]
    scenario: str
    statement: str
    instruction: str


def task_id(asker: Asker, subtree: Subtree, level: Level, draw: int, temperature: float) -> str:
    """The id that the task of this subtree, level and draw has."""
    return asker.record_id(Task.kind, PROMPT, subtree.id, level, draw, temperature=temperature)


async def make_task(asker: Asker, subtree: Subtree, level: Level, draw: int, temperature: float) -> Task | Dropped:
    """Ask for a task at `level` (`function` or `files`) that uses the subtree's features."""
    wanted = task_id(asker, subtree, level, draw, temperature)
    features = _without_languages(subtree.features)
    answer = await asker.ask(
        PROMPT,
        {
            "optional_features": to_nested(features),
            "mandatory_features": [path[-1] for path in _without_languages(subtree.mandatory)],
            "language": LANGUAGE,
            "level": level,
        },
        partial(parse_task, offered=tuple(path[-1] for path in features)),
        temperature=temperature,
        # Two draws of the same features ask the same question; each is to have an answer of its own.
        draw=seed_number("task", subtree.seed, subtree.draw, draw) % 2**31,
    )
    if isinstance(answer, Unanswered):
        return answer.dropped("task", subtree.id, wanted)
    return Task(
        id=wanted,
        subtree_id=subtree.id,
        level=level,
        draw=draw,
        selected=answer.value.selected,
        scenario=answer.value.scenario,
        statement=answer.value.statement,
        instruction=answer.value.instruction,
        made=answer.made,
    )


def parse_task(text: str, offered: Sequence[str]) -> TaskText:
    """Read the tags `<f>`, `<s>`, `<t>` and `<i>`. Raises `Unparseable`.

    `offered` are the names that could be selected; at least one of them must be.
    """
    features, scenario, statement, instruction = _tags(text, ("f", "s", "t", "i"))
    if _CODE.search(statement):
        raise Unparseable("the task in <t> holds Python code; describe what is wanted in words, without code")
    selected = _select(features, offered)
    if not {_plain(name) for name in offered} & {_plain(name) for name in selected}:
        raise Unparseable("<f> names none of the given features; list those you used, spelled as they were given")
    return TaskText(selected, scenario, statement, instruction)


def _tags(text: str, names: Iterable[str]) -> list[str]:
    """What stands in each tag; tags are looked for in this order, so markup inside one does no harm."""
    found: list[str] = []
    at = 0
    for name in names:
        match = re.compile(rf"<{name}>(.*?)</{name}>", re.DOTALL | re.IGNORECASE).search(text, at)
        if match is None:
            opened = re.compile(rf"<{name}>", re.IGNORECASE).search(text, at)
            missing = f"</{name}>" if opened else f"<{name}>"
            raise Unparseable(f"there is no {missing}; give <f>, <s>, <t> and <i> in this order, each closed")
        if not match[1].strip():
            raise Unparseable(f"<{name}> is empty")
        found.append(match[1].strip())
        at = match.end()
    return found


def _select(text: str, offered: Sequence[str]) -> tuple[str, ...]:
    """Names from a JSON list, a comma list or lines, spelled as offered where they were; doubles dropped."""
    spelled = {_plain(name): name for name in reversed(offered)}
    names: dict[str, str] = {}
    for item in _items(text):
        # The paper's own example writes one string with commas in it; a name may hold a comma, too.
        for part in [item] if _plain(item) in spelled else item.split(","):
            bare = _BULLET.sub("", part).strip(" \t\"'`")
            if _plain(bare) not in _NOTHING:
                names.setdefault(_plain(bare), spelled.get(_plain(bare), bare))
    if not names:
        raise Unparseable('<f> names no feature; list those you used, for example ["first name", "second name"]')
    return tuple(names.values())


def _items(text: str) -> list[str]:
    inside = "\n".join(line for line in text.splitlines() if not line.strip().startswith("```")).strip()
    if not inside.startswith(("[", "{")):
        return inside.splitlines()
    try:
        value = json.loads(inside)
    except ValueError:
        try:
            value = ast.literal_eval(inside)
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise Unparseable('the list in <f> is not JSON; write it like ["first name", "second name"]') from error
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise Unparseable("<f> must hold one flat list of feature names")
    return value


def _plain(name: str) -> str:
    return " ".join(name.casefold().split())


def _without_languages(paths: Iterable[FeaturePath]) -> list[FeaturePath]:
    return [path for path in paths if path[0] != _LANGUAGES]
