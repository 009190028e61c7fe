"""Tree-of-Evolution: plant a root, ask for children of an instruction, judge how challenging one is (ToE 3.2 to 3.4).

Prompts see a score with one decimal, and ids are made of what was shown, so a later digit changes neither.
"""

import re

from synth.ask import Asker, Unanswered, Unparseable
from synth.ids import record_id
from synth.records import Dropped, Instruction, Score, Seed, Task

FEWEST_WORDS = 21
"""A shorter question is refused, as in the reference implementation."""
JUDGE_TEMPERATURE = 0.0
"""ToE appendix C."""

_AFTER_MARKER = re.compile(r"(?:[*_]+(?=[\s:]|$))?[ \t]*:?(?:[*_]+(?=\s|$))?")
_BEFORE_MARKER = re.compile(r"\W*(?:step\s*\d+\W*)?", re.IGNORECASE)
_RATING = re.compile(r"[\s*_`\"'(\[{$]*(?P<rating>\d{1,4})(?![\w%]|[.,]\d)(?P<rest>[^\n]*)")
_SCALE = re.compile(r"(?:/|out of)\s*(\d+)", re.IGNORECASE)
_RANGE = re.compile(r"\s*(?:[-–—~]|to\b|or\b)\s*\d", re.IGNORECASE)


def plant_seed(seed: Seed) -> Instruction:
    """The root of a tree that grows from real code; its children are asked for with the code (ToE 3.2)."""
    return _root(seed.id, seed.code)


def plant_task(task: Task) -> Instruction:
    """The root of a tree that grows from a task of ours; its children evolve the task's question at once."""
    return _root(task.id, task.question)


def instruction_id(
    asker: Asker, parent: Instruction, draw: int, challenge: float | None, diversity: float | None, temperature: float
) -> str:
    """The id of the child that `evolve_instruction` makes from the same arguments."""
    prompt, inputs = _question_for(parent, challenge, diversity)
    shown = [inputs[name] for name in ("challenge", "diversity") if name in inputs]
    return asker.record_id(Instruction.kind, prompt, parent.id, draw, shown, temperature=temperature)


async def evolve_instruction(
    asker: Asker, parent: Instruction, draw: int, challenge: float | None, diversity: float | None, temperature: float
) -> Instruction | Dropped:
    """Ask for child number `draw` of `parent`.

    Children of a seed's root are written from its code (ToE figure 6). All others are written from the parent's text
    with its challenge (1 to 10) and diversity (10 x cosine distance) as the mark to beat (ToE 3.4, figure 8); None is
    shown as "not rated".
    """
    prompt, inputs = _question_for(parent, challenge, diversity)
    wanted = instruction_id(asker, parent, draw, challenge, diversity, temperature)
    answered = await asker.ask(prompt, inputs, parse_question, temperature=temperature, draw=draw)
    if isinstance(answered, Unanswered):
        return answered.dropped("evolve", parent.id, wanted)
    return Instruction(
        id=wanted,
        tree_id=parent.tree_id,
        parent_id=parent.id,
        origin_id=parent.origin_id,
        round=parent.round + 1,
        draw=draw,
        text=answered.value,
        made=answered.made,
    )


def challenge_id(asker: Asker, instruction: Instruction) -> str:
    """The id of the score that `judge_challenge` gives."""
    return asker.record_id(Score.kind, "judge_challenge", instruction.id, temperature=JUDGE_TEMPERATURE)


async def judge_challenge(asker: Asker, instruction: Instruction) -> Score | Dropped:
    """Have the engine rate the challenge of an instruction: V_comp, an integer from 1 to 10 (ToE 3.3, figure 7).

    A judge that twice gives no usable rating leaves the instruction unscored: a `Dropped`, never a made-up number.
    """
    wanted = challenge_id(asker, instruction)
    answered = await asker.ask(
        "judge_challenge", {"question": instruction.text}, parse_rating, temperature=JUDGE_TEMPERATURE
    )
    if isinstance(answered, Unanswered):
        return answered.dropped("judge", instruction.id, wanted)
    rating, reason = answered.value
    return Score(
        id=wanted,
        subject_id=instruction.id,
        name="challenge",
        value=float(rating),
        reason=reason,
        by=f"{answered.made.engine}/{answered.made.model}",
        made=answered.made,
    )


def parse_question(reply: str) -> str:
    """The text after the last `[Programming Question]` marker. Raises `Unparseable` without one or under 21 words."""
    _, question = _split(reply, "Programming Question")
    words = len(question.split())
    if words < FEWEST_WORDS:
        raise Unparseable(f"too short: the question has {words} words, at least {FEWEST_WORDS} are needed")
    return question


def parse_rating(reply: str) -> tuple[int, str]:
    """The rating after the last `[Final Score]` marker and the reason before it.

    Raises `Unparseable` for anything but one integer from 1 to 10 (`7/10`, `**8**` and words after it are fine).
    """
    before, after = _split(reply, "Final Score")
    found = _RATING.match(after)
    if not found or _RANGE.match(found["rest"]):
        raise Unparseable(f"the final score must be one integer from 1 to 10 and nothing else, got {after[:40]!r}")
    scale = _SCALE.match(found["rest"].lstrip(" *_`"))
    if scale and scale[1] != "10":
        raise Unparseable(f"the final score is on a scale of 1 to 10, not of {scale[1]}")
    rating = int(found["rating"])
    if not 1 <= rating <= 10:
        raise Unparseable(f"the final score must lie between 1 and 10, got {rating}")
    return rating, _reason(before)


def _root(origin_id: str, text: str) -> Instruction:
    root = record_id(Instruction.kind, "root", origin_id)
    return Instruction(
        id=root, tree_id=root, parent_id=None, origin_id=origin_id, round=0, draw=0, text=text, made=None
    )


def _question_for(parent: Instruction, challenge: float | None, diversity: float | None) -> tuple[str, dict[str, str]]:
    if parent.round == 0 and parent.origin_id.startswith(f"{Seed.kind}-"):
        return "evolve_from_code", {"code": parent.text}
    shown = {"challenge": _shown(challenge), "diversity": _shown(diversity)}
    return "evolve_from_question", {"question": parent.text, **shown}


def _shown(score: float | None) -> str:
    return "not rated" if score is None else f"{score:.1f}"


def _split(reply: str, title: str) -> tuple[str, str]:
    """What stands before and after the last marker of that title; brackets may be missing after a `Step n`."""
    words = title.replace(" ", r"[ \t]+")
    marker = re.compile(
        rf"\[ ?{words} ?\]|^[^\w\n]{{0,12}}step \d+[^\w\[\n]{{1,8}}{words}\b", re.IGNORECASE | re.MULTILINE
    )
    markers = list(marker.finditer(reply))
    if not markers:
        raise Unparseable(f"no section `[{title}]:` in the reply")
    found = markers[-1]
    line = reply.rfind("\n", 0, found.start()) + 1
    start = line if _BEFORE_MARKER.fullmatch(reply, line, found.start()) else found.start()
    tail = _AFTER_MARKER.match(reply, found.end())
    return reply[:start].strip(), reply[tail.end() if tail else found.end() :].strip()


def _reason(before: str) -> str:
    try:
        return _split(before, "Judge Reason")[1]
    except Unparseable:
        return before
