"""make_task: features become a task that building blocks can solve, or a plain word that none fits (EpiCoder A.4)."""

import json
import random
from dataclasses import dataclass

from synth.ids import digest, seed_number
from synth.models.base import Request
from synth.models.offline.choose import Chosen, add_relations, choose_blocks
from synth.models.offline.compose import compose_modules, compose_one, draw_part
from synth.models.offline.describe import describe_program
from synth.models.offline.kit import Kit, decline
from synth.models.offline.plan import Program
from synth.models.offline.wording import Domain
from synth.tree.nested import from_nested

_SIZES = (3, 3, 4, 4, 5, 6)
"""Blocks of a task of several files, by draw."""
_PAIR_SHARE = 0.5
"""Of tasks of one module: how often two blocks are wanted."""


@dataclass(frozen=True, slots=True)
class _Wish:
    """The inputs of `make_task`, read."""

    mandatory: tuple[str, ...]
    above: tuple[str, ...]
    """Optional names on the way to a mandatory one: the next best where no block fits that."""
    optional: tuple[str, ...]
    """The other names below the categories."""
    categories: tuple[str, ...]
    in_files: bool
    rng: random.Random


def answer_make_task(request: Request, kit: Kit) -> str:
    """A task in the tags of `prompts/make_task.md`, or a decline."""
    language = str(request.inputs["language"])
    if language.lower() != "python":
        return decline(f"the building blocks are Python, not {language}")
    wish = _read(request)
    names = (*wish.mandatory, *wish.above, *wish.optional)
    fits = kit.matcher.fits(names)
    if not fits:
        return decline(f"nothing in the subtree fits a building block: {', '.join(names) or 'it is empty'}")
    rng = wish.rng
    size = rng.choice(_SIZES) if wish.in_files else 2 if rng.random() < _PAIR_SHARE else 1
    order = [name for group in (wish.mandatory, wish.above, wish.optional) for name in rng.sample(group, len(group))]
    chosen = choose_blocks(fits, order, size, rng)
    domain = rng.choice(kit.wording.domains)
    return _write(kit, chosen, _compose(kit, chosen, size, wish, domain), domain, rng)


def _read(request: Request) -> _Wish:
    inputs = request.inputs
    given = inputs["mandatory_features"]
    mandatory = tuple(dict.fromkeys(str(name) for name in given)) if isinstance(given, list | tuple) else ()
    paths = from_nested(inputs["optional_features"])
    above = {name: None for path in paths if path[-1] in mandatory for name in path[1:-1] if name not in mandatory}
    below = {path[-1]: None for path in paths if len(path) > 1 and path[-1] not in (*mandatory, *above)}
    seed = seed_number(
        "make_task",
        sorted(path[-1] for path in paths),
        mandatory,
        str(inputs["level"]),
        request.draw,
        digest([list(path) for path in paths]),
    )
    return _Wish(
        mandatory=mandatory,
        above=tuple(above),
        optional=tuple(below),
        categories=tuple(dict.fromkeys(path[0] for path in paths)),
        in_files=inputs["level"] != "function",
        rng=random.Random(seed),
    )


def _compose(kit: Kit, chosen: Chosen, size: int, wish: _Wish, domain: Domain) -> Program:
    names = chosen.blocks
    if wish.in_files:
        names = add_relations(kit.shelf, names, size, wish.categories, wish.rng)
    parts = [draw_part(kit.shelf, name, wish.rng) for name in names]
    compose = compose_modules if wish.in_files else compose_one
    return Program(compose(kit.shelf, parts, domain, wish.rng), kit.shelf)


def _write(kit: Kit, chosen: Chosen, program: Program, domain: Domain, rng: random.Random) -> str:
    features = [feature for feature, block in chosen.claims if block in program.modules]
    scenario = kit.wording.say("scenario", domain, program, rng)
    instruction = kit.wording.say("instruction", domain, program, rng)
    return (
        f"<f>{json.dumps(features, ensure_ascii=False)}</f>\n<s>{scenario}</s>\n"
        f"<t>\n{describe_program(program)}\n</t>\n<i>{instruction}</i>\n"
    )
