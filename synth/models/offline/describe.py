"""From a program to the text that asks for it: all that a solver must know to pass the tests.

`read.py` recovers the plan from this text; the two are tested against each other.
"""

from collections.abc import Sequence

from synth.models.offline.examples import all_examples
from synth.models.offline.plan import ERRORS, Join, Program
from synth.models.offline.run import Seen

LAYOUT_START = "Use the standard library only and "
"""The first words of every description."""

_MOST_EXAMPLES = 3
_LONGEST_EXAMPLE = 300


def describe_program(program: Program) -> str:
    """The requirements: layout, then a section for each function with its rules and worked examples."""
    examples = all_examples(program)
    sections = [_layout(program)]
    for name, module in program.modules.items():
        sections.append(_section(module.signature, module.requirements, examples[name]))
    for join in program.plan.joins:
        sections.append(_section(*_join_text(program, join), examples[join.function]))
    return "\n\n".join(sections)


def _layout(program: Program) -> str:
    if program.plan.module:
        return f"{LAYOUT_START}put everything into one module, `{program.plan.module}.py`."
    count = len(program.plan.functions) + program.plan.errors
    lines = [f"{LAYOUT_START}write {count} modules, all in the same folder:"]
    if program.plan.errors:
        classes = [f"`{error.name}`, a subclass of `{error.base}`" for error in program.own_errors]
        lines.append(f"- `{ERRORS}.py` with the exceptions of the others: {'; '.join(classes)}")
    for function in program.plan.functions:
        lines.append(f"- `{program.home(function)}.py` with `{function}`{_imports(program, function)}")
    return "\n".join(lines)


def _imports(program: Program, function: str) -> str:
    join = next((join for join in program.plan.joins if join.function == function), None)
    if join is None:
        return ""
    homes = [f"`{program.home(name)}`" for name in join.uses]
    if program.plan.errors and program.joined[function].error:
        homes.append(f"`{ERRORS}`")
    return f", which imports from {', '.join(homes)}"


def _join_text(program: Program, join: Join) -> tuple[str, str]:
    form = program.shelf.joiners[join.kind].form
    uses = ", ".join(f"`{name}`" for name in join.uses)
    return f"{join.function}({form})", f"It works with these functions, in this order: {uses}.\n" + program.joined[
        join.function
    ].requirements


def _section(signature: str, requirements: str, examples: Sequence[Seen]) -> str:
    lines = [f"### `{signature}`", "", requirements]
    if shown := _worth_showing(examples):
        lines += ["", "Examples:", *(f"- `{item.call}` {_outcome(item)}" for item in shown)]
    return "\n".join(lines)


def _worth_showing(examples: Sequence[Seen]) -> list[Seen]:
    """A few values and one refusal, in their order; very long ones are left out."""
    short = [item for item in examples if len(item.call) + len(item.value or "") <= _LONGEST_EXAMPLE]
    values = [item for item in short if item.raises is None][:_MOST_EXAMPLES]
    refusals = [item for item in short if item.raises][:1]
    return [item for item in short if item in values or item in refusals]


def _outcome(item: Seen) -> str:
    return f"raises `{item.raises}`" if item.raises else f"returns `{item.value}`"
