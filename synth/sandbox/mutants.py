"""Wrong versions of a solution, made on purpose: tests that do not tell them from the right one prove little.

The text is edited where the tree says, so that the rest of each file stays byte for byte as it was. Nothing is run.
"""

import ast
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.records import CodeFile
from synth.sandbox.source import (
    COMPARISONS,
    Edit,
    Function,
    Source,
    dotted,
    edited,
    find_operator,
    is_main_guard,
    literal,
    parse,
    read,
)

_SHOWN = 40
"""Characters of program text in a description."""
_COMPARISONS = COMPARISONS | {
    ast.Lt: ("<", "<="),
    ast.LtE: ("<=", "<"),
    ast.Gt: (">", ">="),
    ast.GtE: (">=", ">"),
}
_ARITHMETIC: dict[type[ast.operator], tuple[str, str]] = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "/"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "/"),
    ast.Mod: ("%", "*"),
    ast.Pow: ("**", "*"),
    ast.BitAnd: ("&", "|"),
    ast.BitOr: ("|", "&"),
    ast.BitXor: ("^", "&"),
    ast.LShift: ("<<", ">>"),
    ast.RShift: (">>", "<<"),
}
_SAYING = re.compile(r"print|(.*\.)?(log\w*|warnings)\.\w+|warn")
"""Calls that only tell somebody something."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A solution with one small change."""

    what: str
    """What was changed and where, for people: "pricing.py:12 `<` became `<=`"."""
    files: tuple[CodeFile, ...]


@dataclass(frozen=True, slots=True)
class _Change:
    source: Source
    line: int
    edit: Edit


def stub(files: Sequence[CodeFile]) -> tuple[CodeFile, ...] | None:
    """The files with every function doing nothing and returning None; classes and constants stay.

    None where that changes nothing. Files that cannot be read as Python stay as they are. Never raises.
    """
    stubbed = tuple(_stub_file(file) for file in files)
    return stubbed if stubbed != tuple(files) else None


def mutants(files: Sequence[CodeFile], most: int, chance: random.Random) -> list[Mutant]:
    """At most `most` distinct mutants, spread evenly over the functions and over what each does. Never raises."""
    groups = [group for file in files for group in _groups_of(file)]
    for group in groups:
        chance.shuffle(group)
    chance.shuffle(groups)
    found: list[Mutant] = []
    seen: set[tuple[str, Edit]] = set()
    while groups and len(found) < most:
        for group in groups:
            change = group.pop()
            text = edited(change.source.text, [change.edit])
            key = change.source.path, change.edit
            if len(found) < most and key not in seen and parse(text.removeprefix("\ufeff")):
                found.append(_mutant(files, change, text))
            seen.add(key)
        groups = [group for group in groups if group]
    return found


def _mutant(files: Sequence[CodeFile], change: _Change, text: str) -> Mutant:
    path = change.source.path
    old, new = _shown(change.source.text[change.edit.start : change.edit.end]), _shown(change.edit.new)
    what = f"`{old}` became `{new}`" if new else f"`{old}` was left out"
    changed = tuple(file.model_copy(update={"text": text}) if file.path == path else file for file in files)
    return Mutant(f"{path}:{change.line} {what}", changed)


def _shown(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _SHOWN else f"{line[: _SHOWN - 3]}..."


def _stub_file(file: CodeFile) -> CodeFile:
    source = read(file) if file.path.endswith(".py") else None
    if source is None:
        return file
    edits = [Edit(*_span_of_body(source, node), _nothing(node)) for node in _functions(source) if not _is_idle(node)]
    edits += [Edit(*source.span(node.body), "None") for node in _named_lambdas(source)]
    text = edited(source.text, edits)
    return file.model_copy(update={"text": text}) if parse(text.removeprefix("\ufeff")) else file


def _nothing(node: Function) -> str:
    return "pass" if node.name == "__init__" else "return None"


def _is_idle(node: Function) -> bool:
    """Whether the function does nothing as it is."""
    return all(map(_does_nothing, node.body))


def _does_nothing(statement: ast.stmt) -> bool:
    match statement:
        case ast.Pass() | ast.Expr(value=ast.Constant()) | ast.Return(value=None | ast.Constant(value=None)):
            return True
    return False


def _functions(source: Source) -> Iterator[Function]:
    """Functions and methods that do not stand in another function."""
    for node in _outer_nodes(source.tree):
        if isinstance(node, Function):
            yield node


def _named_lambdas(source: Source) -> Iterator[ast.Lambda]:
    for node in _outer_nodes(source.tree):
        if isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Lambda):
            yield node.value


def _outer_nodes(tree: ast.Module) -> Iterator[ast.stmt]:
    """Statements of modules and classes, without what only a main program runs; functions are not entered."""
    waiting: list[ast.AST] = [tree]
    for node in waiting:
        if is_main_guard(node):
            continue
        if isinstance(node, ast.stmt):
            yield node
        if not isinstance(node, Function | ast.expr):
            waiting.extend(ast.iter_child_nodes(node))


def _span_of_body(source: Source, node: Function) -> tuple[int, int]:
    first = node.body[0]
    start, end = source.span(first)[0], source.span(node.body[-1])[1]
    if isinstance(first, Function | ast.ClassDef) and first.decorator_list:
        start = source.text.rfind("@", 0, source.span(first.decorator_list[0])[0])
    return start, end


def _groups_of(file: CodeFile) -> list[list[_Change]]:
    """Possible changes of one file, by function; what stands outside is one group more."""
    source = read(file) if file.path.endswith(".py") else None
    if source is None:
        return []
    outside = [node for node in _outer_nodes(source.tree) if isinstance(node, ast.Assign | ast.AnnAssign)]
    roots: list[Sequence[ast.stmt]] = [node.body for node in _functions(source)]
    groups = [[change for node in _mutable(root) for change in _changes(source, node)] for root in [*roots, outside]]
    return [group for group in groups if group]


def _mutable(body: Sequence[ast.stmt]) -> Iterator[ast.AST]:
    """Nodes whose change may change what the code does, and whose positions are to be trusted."""
    waiting: list[ast.AST] = list(body)
    for node in waiting:
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
            continue
        yield node
        for name, value in ast.iter_fields(node):
            if name not in ("annotation", "returns", "decorator_list"):
                children = value if isinstance(value, list) else [value]
                waiting.extend(child for child in children if isinstance(child, ast.AST))


def _changes(source: Source, node: ast.AST) -> Iterator[_Change]:
    if isinstance(node, ast.expr | ast.stmt):
        for edit in _edits(source, node):
            yield _Change(source, node.lineno, edit)


def _edits(source: Source, node: ast.expr | ast.stmt) -> Iterator[Edit]:
    match node:
        case ast.Compare(left=left, ops=operators, comparators=rights):
            for before, operator in zip([left, *rights], operators, strict=False):
                yield from _replaced(source, before, *_COMPARISONS[type(operator)])
        case ast.BinOp(left=left, op=operator) if type(operator) in _ARITHMETIC and not _is_text(left):
            old, new = _ARITHMETIC[type(operator)]
            yield from _replaced(source, left, re.escape(old), new)
        case ast.BoolOp(op=operator, values=values):
            old, new = ("and", "or") if isinstance(operator, ast.And) else ("or", "and")
            for value in values[:-1]:
                yield from _replaced(source, value, old, new)
        case ast.UnaryOp(op=ast.Not()):
            start = source.span(node)[0]
            yield Edit(start, start + len("not"), "")
        case ast.Constant():
            yield from _other_constant(source, node)
        case ast.Return(value=ast.expr() as value) if not (isinstance(value, ast.Constant) and value.value is None):
            yield Edit(*source.span(value), "None")
        case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) if not isinstance(test, ast.Constant):
            start, end = source.span(test)
            yield Edit(start, end, f"not ({source.text[start:end]})")
        case ast.Break():
            yield Edit(*source.span(node), "continue")
        case ast.Continue():
            yield Edit(*source.span(node), "break")
        case ast.AugAssign(target=target, op=operator) if type(operator) in _ARITHMETIC:
            old, new = _ARITHMETIC[type(operator)]
            yield from _replaced(source, target, re.escape(f"{old}="), f"{new}=")
        case ast.Slice(lower=lower, upper=upper):
            for bound in filter(None, (lower, upper)):
                yield Edit(*source.span(bound), "")
        case ast.Raise() | ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
            yield Edit(*source.span(node), "pass")
        case ast.Expr(value=ast.Call(func=called)) if not _SAYING.fullmatch(dotted(called)):
            yield Edit(*source.span(node), "pass")


def _replaced(source: Source, left: ast.expr, pattern: str, new: str) -> Iterator[Edit]:
    """Replace the operator that follows `left`."""
    found = find_operator(source, left, pattern)
    if found is not None:
        yield Edit(*found, new)


def _other_constant(source: Source, node: ast.Constant) -> Iterator[Edit]:
    start, end = source.span(node)
    value, text = node.value, source.text[start:end]
    if isinstance(value, bool):
        yield Edit(start, end, str(not value))
    elif isinstance(value, int | float) and len(text) < _SHOWN and _is_written(text, value):
        yield Edit(start, end, repr(value + 1))
        if value > 0:
            yield Edit(start, end, repr(value - 1))


def _is_written(text: str, value: float) -> bool:
    """Whether the text is that number: the positions of some nodes are not."""
    try:
        return literal(text) == value and value + 1 != value
    except (ValueError, OverflowError):
        return False


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str | bytes))
