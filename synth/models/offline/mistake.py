"""A mistake in a test, as people make them: one expected number that is off by a little."""

import ast
import random
from collections.abc import Iterator, Sequence

from synth.records import CodeFile


def mistake_one(tests: Sequence[CodeFile], rng: random.Random) -> tuple[CodeFile, ...]:
    """The test files with one expected number changed; as they were where none expects a number."""
    places = [(place, node) for place, file in enumerate(tests) for node in _expected_numbers(file.text)]
    if not places:
        return tuple(tests)
    place, node = rng.choice(places)
    number = node.value
    assert isinstance(number, int | float)
    changed = tests[place].model_copy(update={"text": _replaced(tests[place].text, node, repr(number + 1))})
    return (*tests[:place], changed, *tests[place + 1 :])


def same_but_for_values(one: str, other: str) -> bool:
    """True where two files differ in literals at most; False where one is no Python."""
    try:
        return _shape(one) == _shape(other)
    except (SyntaxError, ValueError, RecursionError):
        return False


def differing_tests(one: str, other: str) -> list[str]:
    """Names of the test functions in which two files of the same shape differ."""
    pairs = zip(_functions(one), _functions(other), strict=True)
    return [first.name for first, second in pairs if ast.dump(first) != ast.dump(second)]


def _functions(text: str) -> list[ast.FunctionDef]:
    return [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]


def _shape(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant):
            node.value = None
    return ast.dump(tree)


def _expected_numbers(text: str) -> Iterator[ast.Constant]:
    """The numbers in what tests expect."""
    for node in ast.walk(ast.parse(text)):
        for expected in _expectations(node):
            for part in ast.walk(expected):
                if isinstance(part, ast.Constant) and type(part.value) in (int, float):
                    yield part


def _expectations(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Assert) and isinstance(node.test, ast.Compare) and isinstance(node.test.ops[0], ast.Eq):
        return node.test.comparators
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "assertEqual":
        return node.args[1:]
    if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "expected":
        return [node.value]
    return []


def _replaced(text: str, node: ast.Constant, by: str) -> str:
    lines = text.splitlines(keepends=True)
    line = lines[node.lineno - 1].encode()  # columns count bytes
    lines[node.lineno - 1] = (line[: node.col_offset] + by.encode() + line[node.end_col_offset :]).decode()
    return "".join(lines)
