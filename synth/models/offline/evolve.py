"""Tree-of-Evolution questions: from code to a first question (ToE 3.2), from a question to a harder or rarer one (3.4).

Not every child is better: some only change a constant and some lose a part, as with any engine, so that the
rules that cut and stop branches have something to decide.
"""

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from synth.ids import seed_number
from synth.models.base import Request
from synth.models.offline.compose import compose_modules, compose_one, draw_part
from synth.models.offline.concepts import concepts_of
from synth.models.offline.describe import LAYOUT_START, describe_program
from synth.models.offline.kit import Kit, decline
from synth.models.offline.plan import Part, Plan, Program
from synth.models.offline.read import Unreadable, read_plan
from synth.models.offline.shelf import Shelf
from synth.models.offline.wording import Domain

Move = Literal["add", "swap", "retouch", "reduce"]

CODE_LIKE = 0.42
"""Least cosine at which words of a code count as being about a block; its names are looser than feature names."""
_NEAR_BLOCKS = 6
"""Blocks nearest to a code, from which its children are taken."""
_MOVES: tuple[Move, ...] = ("add", "add", "add", "add", "swap", "swap", "swap", "retouch", "reduce")
_MOST_PARTS = 6
_PARTS_IN_ONE_MODULE = 2
_PAIR_SHARE = 0.4
_CHALLENGING = 8.0
"""A parent's challenge from which on a child becomes rarer instead of longer."""
_COMMON = 3.0
"""A parent's diversity below which its children must be about something else."""
_DOMAIN_STEP = 23
"""Distance of siblings in the list of domains: coprime to its length, so no two of them share one."""


def answer_evolve_from_code(request: Request, kit: Kit) -> str:
    """A question about what the code is about, or a decline; the draw number picks among the nearest blocks."""
    code = str(request.inputs["code"])
    concepts = concepts_of(code)
    near = _near_blocks(kit, concepts)
    if not near:
        return decline("the code shows nothing that a building block is about")
    rng = random.Random(seed_number("evolve_from_code", code, request.draw))
    order = random.Random(seed_number("evolve_from_code", code)).sample(near, len(near))
    first = order[request.draw % len(order)]
    names = [first, _relative(kit.shelf, [first], rng)] if rng.random() < _PAIR_SHARE else [first]
    domain = _domain(kit, request, code)
    program = _compose(kit, [draw_part(kit.shelf, name, rng) for name in names], domain, rng)
    titles = ", ".join(module.block.title for module in program.modules.values())
    return (
        f"Step 1 [Concept List]: {', '.join(concepts)}\n"
        f"Step 2 [Plan]: The code is near to: {titles}. Ask for that in another place: {domain.name}.\n"
        f"Step 3 [Programming Question]: {_question(kit, program, domain, rng)}\n"
    )


def answer_evolve_from_question(request: Request, kit: Kit) -> str:
    """A child of the question: with another part, a rarer one, or (now and then) hardly anything new."""
    question = str(request.inputs["question"])
    try:
        plan = read_plan(question, kit.shelf)
    except Unreadable as error:
        return decline(str(error))
    rng = random.Random(seed_number("evolve_from_question", question, request.draw))
    move = _move(plan, question, request)
    domain = _domain(kit, request, question)
    if move == "retouch":
        child = Program(_retouch(kit.shelf, plan, rng), kit.shelf)
        text = f"{question.partition(LAYOUT_START)[0].rstrip()}\n\n{describe_program(child)}"
    else:
        child = _compose(kit, _changed(kit.shelf, plan, move, rng), domain, rng)
        text = _question(kit, child, domain, rng)
    return f"Step 1 [Plan]: {_plan_text(move, plan, child, domain)}\nStep 2 [Programming Question]: {text}\n"


def _near_blocks(kit: Kit, concepts: Sequence[str]) -> list[str]:
    """The blocks that the concepts come nearest to, nearest first."""
    best: dict[str, float] = {}
    for fits in kit.matcher.fits(concepts, CODE_LIKE).values():
        for fit in fits:
            best[fit.block] = max(fit.likeness, best.get(fit.block, 0.0))
    return sorted(best, key=lambda name: (-best[name], name))[:_NEAR_BLOCKS]


def _domain(kit: Kit, request: Request, text: str) -> Domain:
    domains = kit.wording.domains
    return domains[(seed_number("domain", text) + request.draw * _DOMAIN_STEP) % len(domains)]


def _compose(kit: Kit, parts: Sequence[Part], domain: Domain, rng: random.Random) -> Program:
    compose = compose_one if len(parts) <= _PARTS_IN_ONE_MODULE else compose_modules
    return Program(compose(kit.shelf, parts, domain, rng), kit.shelf)


def _question(kit: Kit, program: Program, domain: Domain, rng: random.Random) -> str:
    return f"{kit.wording.say('opening', domain, program, rng)}\n\n{describe_program(program)}"


def _move(plan: Plan, question: str, request: Request) -> Move:
    """What happens to the parent; siblings draw from one shuffled list, and its scores have a say."""
    moves = random.Random(seed_number("moves", question)).sample(_MOVES, len(_MOVES))
    move = moves[request.draw % len(moves)]
    is_full = len(plan.parts) >= _MOST_PARTS or _number(request.inputs["challenge"], 0.0) >= _CHALLENGING
    is_common = _number(request.inputs["diversity"], 10.0) < _COMMON
    if (move == "add" and is_full) or (move == "retouch" and is_common):
        return "swap"
    return "retouch" if move == "reduce" and len(plan.parts) == 1 else move


def _number(text: object, otherwise: float) -> float:
    try:
        return float(str(text))
    except ValueError:
        return otherwise


def _changed(shelf: Shelf, plan: Plan, move: Move, rng: random.Random) -> list[Part]:
    parts = list(plan.parts)
    if move in ("swap", "reduce"):
        del parts[rng.randrange(len(parts))]
    if move in ("swap", "add"):
        names = [part.name for part in plan.parts]
        parts.insert(0, draw_part(shelf, _relative(shelf, names, rng), rng))
    return parts


def _relative(shelf: Shelf, names: Sequence[str], rng: random.Random) -> str:
    """A block that is not among `names`, takes or gives what one of them does where possible, and is rather rare."""
    others = [name for name in shelf.blocks if name not in names]
    kinds = {kind for name in names for kind in (shelf.blocks[name].io.takes, shelf.blocks[name].io.gives)} - {"other"}
    linked = [name for name in others if shelf.blocks[name].io.takes in kinds]
    pool = linked if linked and rng.random() < 0.5 else others
    few = rng.sample(pool, min(4, len(pool)))
    return max(few, key=lambda name: (shelf.rarity(name), name))


def _retouch(shelf: Shelf, plan: Plan, rng: random.Random) -> Plan:
    """The same plan with the constants of one part drawn anew."""
    place = rng.randrange(len(plan.parts))
    parts = list(plan.parts)
    parts[place] = draw_part(shelf, parts[place].name, rng)
    return replace(plan, parts=tuple(parts))


def _plan_text(move: Move, parent: Plan, child: Program, domain: Domain) -> str:
    old = {part.name for part in parent.parts}
    new = [module.block.title for name, module in child.modules.items() if name not in old]
    gone = sorted(old - set(child.modules))
    if move == "retouch":
        return "Keep the parts and draw the constants anew."
    what = f"Bring in {', '.join(new)}" if new else "Ask for less"
    left_out = f", leave out {', '.join(f'`{name}`' for name in gone)}" if gone else ""
    return f"{what}{left_out}, and move the whole to {domain.name}."
