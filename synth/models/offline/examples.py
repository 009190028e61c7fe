"""What the functions of a program give for concrete calls: a task's worked examples and the facts of its tests."""

import ast
from collections.abc import Sequence

from synth.models.offline.plan import Join, Program
from synth.models.offline.run import Seen, observe_calls
from synth.models.offline.shelf import Module

MAX_INPUTS = 4
_EMPTY = {None, "None", "[]", "{}", "''", "0"}
_REQUESTS_A_CALL = 2


def all_examples(program: Program) -> dict[str, tuple[Seen, ...]]:
    """Examples of every entry function, in the plan's order."""
    parts = {name: module.seen for name, module in program.modules.items()}
    return {**parts, **join_examples(program)}


def join_examples(program: Program) -> dict[str, tuple[Seen, ...]]:
    """Examples of the joins; a call whose result no literal writes is left out."""
    joins = program.plan.joins
    if not joins:
        return {}
    wanted = {join.function: _calls(program, join) for join in joins}
    seen = observe_calls(program.sources(), [call for calls in wanted.values() for call in calls])
    usable = {item.call: item for item in seen if item.value is not None or item.raises}
    return {name: tuple(usable[call] for call in calls if call in usable) for name, calls in wanted.items()}


def chain_tells(modules: Sequence[Module]) -> bool:
    """Whether feeding each result to the next function gives two different values at least, empty ones apart."""
    calls = list(modules[0].inputs[:MAX_INPUTS])
    for module in modules:
        calls = [f"{module.name}({call})" for call in calls]
    seen = observe_calls({module.name: module.code for module in modules}, calls)
    return len({item.value for item in seen} - _EMPTY) >= 2


def _calls(program: Program, join: Join) -> list[str]:
    form = program.shelf.joiners[join.kind].form
    if form == "requests":
        return _request_calls(program, join)
    inputs, refused = _arguments(program, join)
    if form == "items":
        mixed = [*inputs[:1], *refused[:1], *inputs[1:]]
        return [f"{join.function}({_listed(items)})" for items in (inputs, mixed, [])] + [f"{join.function}((1, 2))"]
    return [f"{join.function}({argument})" for argument in (*inputs, *refused[:1])]


def _arguments(program: Program, join: Join) -> tuple[list[str], list[str]]:
    """Arguments that the join's value may be: those of its first part, or of all parts where all see the same value."""
    chained = program.shelf.joiners[join.kind].needs == "chain"
    modules = [program.modules[name] for name in join.uses if name in program.modules]
    sources = modules[:1] if chained else modules
    share = MAX_INPUTS if chained else max(2, MAX_INPUTS // len(modules))
    inputs = [argument for module in sources for argument in module.inputs[:share]]
    refused = [argument for module in sources for argument in module.refused]
    return list(dict.fromkeys(inputs)), list(dict.fromkeys(refused))


def _request_calls(program: Program, join: Join) -> list[str]:
    """Lists of a few requests each, so that an example stays readable; then a failing, an empty and an unknown one."""
    good, failing = [], []
    for name in join.uses:
        if name in program.modules:
            module = program.modules[name]
            plain = [item for item in module.seen if item.raises is None and _positional(item.call)]
            plain.sort(key=lambda item: (item.value in _EMPTY, len(item.call)))
            good += [f"({name!r}, {_positional(item.call)})" for item in plain[:1]]
            failing += [f"({name!r}, {_listed([argument])})" for argument in module.refused[:1]]
        else:
            good.append(f"({name!r}, {_listed([_inner_argument(program, name)])})")
    groups = [good[start : start + _REQUESTS_A_CALL] for start in range(0, len(good), _REQUESTS_A_CALL)]
    mixed = [*failing[:2], *good[-1:]]
    unknown = [*good[:1], "('unknown_operation', [])"]
    return [f"{join.function}({_listed(each)})" for each in (*groups, mixed, [], unknown)]


def _inner_argument(program: Program, function: str) -> str:
    """The shortest argument for a join that a service offers."""
    inner = next(join for join in program.plan.joins if join.function == function)
    inputs, _ = _arguments(program, inner)
    shortest = min(inputs, key=len)
    return _listed([shortest]) if program.shelf.joiners[inner.kind].form == "items" else shortest


def _positional(call: str) -> str:
    """The call's arguments as a list display; empty where some are keywords."""
    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call) or node.keywords:
        return ""
    return _listed([ast.unparse(argument) for argument in node.args])


def _listed(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"
