"""From block names to a plan: constants, joins that give something worth testing, and files."""

import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from synth.models.offline.examples import chain_tells
from synth.models.offline.files import mergeable
from synth.models.offline.joins import Joiner
from synth.models.offline.plan import Join, Part, Plan, Program
from synth.models.offline.shelf import Module, Shelf
from synth.models.offline.wording import Domain

MOST_FILES = 8
_LONGEST_CHAIN = 3
_LARGEST_GROUP = 4
_TRIES = 6
"""Chains tried of those that the types allow."""
_OWN_MODULE_SHARE = 0.35
"""Of single blocks: how often the file has the block's name instead of `solution`."""
_ERRORS_SHARE = 0.6
_SECOND_JOIN_SHARE = 0.6


def draw_part(shelf: Shelf, name: str, rng: random.Random) -> Part:
    """The block with constants drawn by `rng`."""
    return Part(name, {param: rng.choice(values) for param, values in sorted(shelf.blocks[name].params.items())})


def compose_one(shelf: Shelf, parts: Sequence[Part], domain: Domain, rng: random.Random) -> Plan:
    """One module of one or two parts; a second part that cannot share the module is left out."""
    first, *others = parts
    if others:
        pair = Plan((first, others[0]), module="solution")
        codes = list(Program(pair, shelf).pieces.values())
        if mergeable(codes, own=pair.functions):
            joined = _joined_plans(shelf, pair, domain, rng)
            return next((plan for plan in joined if _shares_module(shelf, plan)), pair)
    return Plan((first,), module=first.name if rng.random() < _OWN_MODULE_SHARE else "solution")


def compose_modules(shelf: Shelf, parts: Sequence[Part], domain: Domain, rng: random.Random) -> Plan:
    """A module for each part, one or two modules that join them, perhaps one of shared exceptions: 3 to 8 files."""
    bare = Plan(tuple(parts))
    plan = next(_joined_plans(shelf, bare, domain, rng), bare)
    covered = {name for join in plan.joins for name in join.uses}
    if covered != {part.name for part in parts} or rng.random() < _SECOND_JOIN_SHARE:
        plan = _with_service(shelf, plan, domain, rng)
    raising = any(shelf.joiners[join.kind].error for join in plan.joins)
    room = MOST_FILES - len(plan.functions)
    return replace(plan, errors=raising and room > 0 and rng.random() < _ERRORS_SHARE)


def _shares_module(shelf: Shelf, plan: Plan) -> bool:
    program = Program(plan, shelf)
    return mergeable(program.pieces.values(), own=program.sources())


def _with_service(shelf: Shelf, plan: Plan, domain: Domain, rng: random.Random) -> Plan:
    joiner = rng.choice([joiner for joiner in shelf.joiners.values() if joiner.needs == "any"])
    join = _named_join(shelf, joiner, plan, plan.functions, domain, rng)
    return replace(plan, joins=(*plan.joins, join))


def _joined_plans(shelf: Shelf, plan: Plan, domain: Domain, rng: random.Random) -> Iterator[Plan]:
    """The plan with one join added that gives something worth testing; kinds of join in random order."""
    modules = list(Program(plan, shelf).modules.values())
    groups = {"chain": _chains(modules, rng), "same": _same_groups(modules)}
    kinds = [joiner for joiner in shelf.joiners.values() if joiner.needs != "any"]
    for joiner in rng.sample(kinds, len(kinds)):
        fitting = [group for group in groups[joiner.needs] if len(group) <= joiner.most]
        if fitting:
            uses = [module.name for module in fitting[0]]
            yield replace(plan, joins=(_named_join(shelf, joiner, plan, uses, domain, rng),))


def _chains(modules: Sequence[Module], rng: random.Random) -> list[tuple[Module, ...]]:
    """Ways to feed one part's result to the next, in random order; only those whose last results tell something."""
    usable = [module for module in modules if module.inputs]
    growing: list[tuple[Module, ...]] = [(module,) for module in usable]
    found: list[tuple[Module, ...]] = []
    while growing:
        path = growing.pop()
        if len(path) < _LONGEST_CHAIN:
            longer = [(*path, module) for module in usable if module not in path and _feeds(path[-1], module)]
            growing += longer
            found += longer
    return [path for path in rng.sample(found, min(len(found), _TRIES)) if chain_tells(path)]


def _feeds(first: Module, second: Module) -> bool:
    return first.block.io.gives == second.block.io.takes != "other"


def _same_groups(modules: Sequence[Module]) -> list[tuple[Module, ...]]:
    """Parts whose functions take the same kind of value, largest group first."""
    groups: dict[str, list[Module]] = {}
    for module in modules:
        if module.inputs and module.block.io.takes != "other":
            groups.setdefault(module.block.io.takes, []).append(module)
    several = [tuple(group[:_LARGEST_GROUP]) for group in groups.values() if len(group) > 1]
    return sorted(several, key=len, reverse=True)


def _named_join(
    shelf: Shelf, joiner: Joiner, plan: Plan, uses: Sequence[str], domain: Domain, rng: random.Random
) -> Join:
    taken = {*plan.functions, *(join.module for join in plan.joins)}
    first = next((name for name in uses if name in shelf.blocks), "")
    noun = domain.noun(shelf.blocks[first].io.takes) if first else domain.records
    slug = re.sub(r"\W+", "_", noun.lower()).strip("_")
    modules = [name for name in joiner.modules if name not in taken]
    module = plan.module or rng.choice(modules or [f"{joiner.name}_{slug}"])
    return Join(joiner.name, module, f"{rng.choice(joiner.verbs)}_{slug}", tuple(uses))
