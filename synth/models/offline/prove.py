"""From a program to its test files: every example becomes an assertion with its value as a literal."""

import ast
import random
import textwrap
from collections.abc import Sequence
from pprint import pformat
from typing import Literal

from synth.models.offline.examples import all_examples
from synth.models.offline.plan import ERRORS, Program
from synth.models.offline.run import Seen
from synth.records import CodeFile

Style = Literal["functions", "parametrize", "unittest"]

_STYLES: tuple[Style, ...] = ("functions", "functions", "parametrize", "unittest")
_WIDTH = 110
_EMPTY = ("[]", "''", "{}", "()")


def write_tests(program: Program, rng: random.Random) -> tuple[CodeFile, ...]:
    """Tests of every entry function: one file for one module, else one for each module in `tests/`."""
    style = rng.choice(_STYLES)
    examples = all_examples(program)
    if program.plan.module:
        path = f"test_{program.plan.module}.py"
        return (CodeFile(path=path, text=_file(program, examples, style)),)
    return tuple(
        CodeFile(path=f"tests/test_{program.home(name)}.py", text=_file(program, {name: seen}, style))
        for name, seen in examples.items()
    )


def _file(program: Program, examples: dict[str, tuple[Seen, ...]], style: Style) -> str:
    write = {"functions": _plain, "parametrize": _parametrized, "unittest": _case}[style]
    tests = "\n\n\n".join(write(name, seen) for name, seen in examples.items())
    home = program.home(next(iter(examples)))
    own = sorted({item.raises for seen in examples.values() for item in seen if item.raises} & _own_errors(program))
    froms = [(home, sorted(examples)), *([(ERRORS, own)] if own else [])]
    ours = "\n".join(f"from {module} import {', '.join(names)}" for module, names in sorted(froms))
    outer = "import unittest\n\n" if style == "unittest" else "import pytest\n\n" if "pytest." in tests else ""
    return f'"""Tests of {", ".join(examples)}."""\n\n{outer}{ours}\n\n\n{tests}\n'


def _own_errors(program: Program) -> set[str]:
    return {error.name for error in program.own_errors}


def _grouped(examples: Sequence[Seen]) -> dict[str, list[Seen]]:
    """What a test's name says -> the examples in it."""
    groups: dict[str, list[Seen]] = {}
    for place, item in enumerate(examples):
        arguments = item.call.partition("(")[2]
        if item.raises:
            what = f"raises_{_snake(item.raises)}"
        elif arguments.startswith(_EMPTY):
            what = "accepts_empty_input"
        else:
            what = "follows_the_examples" if place < 2 else "holds_for_further_calls"
        groups.setdefault(what, []).append(item)
    return groups


def _plain(function: str, examples: Sequence[Seen]) -> str:
    tests = []
    for what, items in _grouped(examples).items():
        body = "\n".join(_assertion(item) for item in items)
        tests.append(f"def test_{function}_{what}() -> None:\n{textwrap.indent(body, '    ')}")
    return "\n\n\n".join(tests)


def _assertion(item: Seen) -> str:
    if item.raises:
        return f"with pytest.raises({item.raises}):\n    {item.call}"
    value = str(item.value)
    line = f"assert {item.call} {'is' if value in ('True', 'False', 'None') else '=='} {value}"
    if len(line) <= _WIDTH:
        return line
    return f"{_expected(value)}\nassert {item.call} == expected"


def _expected(value: str) -> str:
    text = pformat(ast.literal_eval(value), width=_WIDTH - 11, sort_dicts=False)
    first, *others = text.splitlines()
    return "\n".join([f"expected = {first}", *(f"{' ' * 11}{line}" for line in others)])


def _parametrized(function: str, examples: Sequence[Seen]) -> str:
    values = [item for item in examples if item.raises is None]
    pairs = [(_argument(item.call), str(item.value)) for item in values]
    if len(pairs) < 2 or not all(argument for argument, _ in pairs):
        return _plain(function, examples)
    rows = "".join(f"        ({argument}, {value}),\n" for argument, value in pairs)
    table = (
        f'@pytest.mark.parametrize(\n    ("given", "expected"),\n    [\n{rows}    ],\n)\n'
        f"def test_{function}_gives(given: object, expected: object) -> None:\n"
        f"    assert {function}(given) == expected"
    )
    refusals = [item for item in examples if item.raises]
    return "\n\n\n".join([table, *([_plain(function, refusals)] if refusals else [])])


def _argument(call: str) -> str:
    """The text of the only, positional argument; empty where there are others."""
    node = ast.parse(call, mode="eval").body
    assert isinstance(node, ast.Call)
    return ast.unparse(node.args[0]) if len(node.args) == 1 and not node.keywords else ""


def _case(function: str, examples: Sequence[Seen]) -> str:
    name = "".join(word.capitalize() for word in function.split("_"))
    lines = [f"class {name}Test(unittest.TestCase):"]
    for what, items in _grouped(examples).items():
        body = "\n".join(_self_assertion(item) for item in items)
        lines.append(f"    def test_{function}_{what}(self) -> None:\n{textwrap.indent(body, '        ')}\n")
    return "\n".join(lines).rstrip("\n")


def _self_assertion(item: Seen) -> str:
    if item.raises:
        return f"with self.assertRaises({item.raises}):\n    {item.call}"
    line = f"self.assertEqual({item.call}, {item.value})"
    return line if len(line) <= _WIDTH else f"{_expected(str(item.value))}\nself.assertEqual({item.call}, expected)"


def _snake(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).strip("_")
