"""What each function of a program gives for concrete calls: the worked examples of a task and the facts of its tests."""

import ast
from collections.abc import Sequence

from synth.models.offline.plan import Join, Program
from synth.models.offline.run import Seen, observe_calls

MAX_INPUTS = 4


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


def is_telling(examples: Sequence[Seen]) -> bool:
    """Whether a join's examples show something: two different values at least."""
    return len({item.value for item in examples if item.value not in (None, "None", "[]", "{}", "''")}) >= 2


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
    requests, failing = [], []
    for name in join.uses:
        if name in program.modules:
            module = program.modules[name]
            requests += [f"({name!r}, {args})" for item in module.seen[:2] if (args := _positional(item.call))]
            failing += [f"({name!r}, {_listed([argument])})" for argument in module.refused[:1]]
        else:
            inner = next(other for other in program.plan.joins if other.function == name)
            inputs, _ = _arguments(program, inner)
            is_items = program.shelf.joiners[inner.kind].form == "items"
            requests += [f"({name!r}, {_listed([_listed(inputs[:2]) if is_items else inputs[0]])})"]
    mixed = [*requests[:1], *failing[:2], *requests[-1:]]
    unknown = [*requests[:1], "('unknown_operation', [])"]
    return [f"{join.function}({_listed(each)})" for each in (requests[::2], mixed, requests[1::2], [], unknown)]


def _positional(call: str) -> str:
    """The call's arguments as a list display; empty where some are keywords."""
    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call) or node.keywords:
        return ""
    return _listed([ast.unparse(argument) for argument in node.args])


def _listed(items: Sequence[str]) -> str:
    return f"[{', '.join(items)}]"
