"""make_task: features become a task that building blocks can solve, or a plain word that none fits (EpiCoder A.4)."""

import json
import random
from collections.abc import Mapping, Sequence
from typing import Any

from synth.ids import digest, seed_number
from synth.models.base import Request
from synth.models.offline.choose import Chosen, add_relations, choose_blocks
from synth.models.offline.compose import compose_modules, compose_one, draw_part
from synth.models.offline.describe import describe_program
from synth.models.offline.engine import Kit, decline
from synth.models.offline.plan import Plan, Program
from synth.models.offline.wording import Domain
from synth.tree.nested import from_nested

_SIZES = (3, 3, 4, 4, 5, 6)
"""Blocks of a task of several files, by draw."""
_PAIR_SHARE = 0.5
"""Of tasks of one module: how often two blocks are wanted."""


def answer_make_task(request: Request, kit: Kit) -> str:
    """A task in the tags of `prompts/make_task.md`, or a decline."""
    inputs = request.inputs
    if str(inputs["language"]).lower() not in ("python", "python 3"):
        return decline(f"the building blocks are Python, not {inputs['language']}")
    paths = from_nested(inputs["optional_features"])
    mandatory = [str(name) for name in _list(inputs["mandatory_features"])]
    optional = [path[-1] for path in paths if len(path) > 1 and path[-1] not in mandatory]
    rng = random.Random(_seed(request, mandatory, optional))
    names = list(dict.fromkeys([*mandatory, *optional]))
    fits = kit.matcher.fits(names)
    if not fits:
        return decline(f"nothing in the subtree fits a building block: {', '.join(names) or 'it is empty'}")
    size = rng.choice(_SIZES) if inputs["level"] != "function" else 2 if rng.random() < _PAIR_SHARE else 1
    order = [*rng.sample(mandatory, len(mandatory)), *rng.sample(optional, len(optional))]
    chosen = choose_blocks(fits, order, size, rng)
    domain = rng.choice(kit.wording.domains)
    categories = sorted({path[0] for path in paths})
    plan = _plan(kit, chosen, size, categories, domain, rng, in_files=inputs["level"] != "function")
    return _task(kit, plan, chosen, domain, rng)
