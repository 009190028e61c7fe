"""Untrusted program text as a tree, and edits of the text by the tree's positions. Nothing is ever run."""

import ast
import codecs
import re
import threading
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from synth.records import CodeFile

MOST_CHARACTERS = 400_000
"""Longer files are not read: trees take a hundred times the memory of their text."""
MOST_LEVELS = 150
"""Deeper trees are not read, so that a walk may go down by calling itself."""
_LOCK = threading.Lock()
"""Filters of warnings belong to the whole process."""
_COOKIE = re.compile(r"^[ \t\f]*#.*?coding[:=][ \t]*([-\w.]+)")
_LINE = 1000
"""Characters; a line that sets an encoding is shorter."""
_LINE_END = re.compile(r"\r\n|\r|\n")
_MARK = "\ufeff"

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
COMPARISONS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Eq: ("==", "!="),
    ast.NotEq: ("!=", "=="),
    ast.Lt: ("<", ">="),
    ast.LtE: ("<=", ">"),
    ast.Gt: (">", "<="),
    ast.GtE: (">=", "<"),
    ast.Is: ("is", "is not"),
    ast.IsNot: (r"is\s+not", "is"),
    ast.In: ("in", "not in"),
    ast.NotIn: (r"not\s+in", "in"),
}
"""The operator's text as a pattern, and its contrary."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Characters `start` to `end` of a text become `new`."""

    start: int
    end: int
    new: str


@dataclass(frozen=True)
class Source:
    """One file and its tree."""

    path: str
    text: str
    tree: ast.Module

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Every node, parents before children."""
        return list(ast.walk(self.tree))

    def span(self, node: ast.expr | ast.stmt) -> tuple[int, int]:
        """Where the node stands in `text`: its first character, and the one after its last."""
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno or 0, node.end_col_offset or 0)

    def cut(self, node: ast.expr | ast.stmt) -> str:
        """The text of the node."""
        start, end = self.span(node)
        return self.text[start:end]

    @cached_property
    def bound(self) -> frozenset[str]:
        """Every name that the file gives a meaning to, imports included."""
        names: set[str] = set(self.imports)
        for node in self.nodes:
            match node:
                case ast.Name(id=name, ctx=ast.Store() | ast.Del()) | ast.arg(arg=name):
                    names.add(name)
                case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                    names.add(name)
        return frozenset(names)

    @cached_property
    def imports(self) -> dict[str, str]:
        """What the file imports under each name: `{"patch": "unittest.mock.patch"}`."""
        found: dict[str, str] = {}
        for node in self.nodes:
            match node:
                case ast.Import(names=names):
                    for alias in names:
                        first = alias.name.partition(".")[0]
                        found[alias.asname or first] = alias.name if alias.asname else first
                case ast.ImportFrom(names=names, module=module, level=level):
                    for alias in names:
                        found[alias.asname or alias.name] = f"{'.' * level}{module or ''}.{alias.name}"
        return found

    @cached_property
    def parents(self) -> dict[int, ast.AST]:
        """The node in which each node stands, by `id`."""
        return {id(child): node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def origin(self, node: ast.AST) -> str:
        """The full name of what a chain of names stands for: of a module, or of Python; "" where that is not sure."""
        first, dot, rest = dotted(node).partition(".")
        if first in self.imports:
            return f"{self.imports[first]}{dot}{rest}"
        return "" if first in self.bound else f"{first}{dot}{rest}"

    @cached_property
    def _starts(self) -> list[int]:
        first = len(_MARK) if self.text.startswith(_MARK) else 0
        return [first, *(match.end() for match in _LINE_END.finditer(self.text))]

    def _offset(self, line: int, column: int) -> int:
        """line counts from 1, column in bytes of UTF-8."""
        start = self._starts[line - 1]
        piece = self.text[start : start + column]
        return start + (column if piece.isascii() else len(piece.encode()[:column].decode()))


def read(file: CodeFile) -> Source | None:
    """Parse a file; None where Python could not, where it is too long or too deep, or in an unusual encoding."""
    if len(file.text) > MOST_CHARACTERS or not _is_utf8(file.text):
        return None
    tree = parse(file.text.removeprefix(_MARK))
    return Source(file.path, file.text, tree) if tree is not None and _is_shallow(tree) else None


def parse(text: str) -> ast.Module | None:
    """The tree of a text, silent about warnings; None where there is none."""
    try:
        with _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def literal(text: str | ast.expr) -> object:
    """The value of a literal, silent about warnings. Raises `ValueError` where it is none."""
    try:
        if isinstance(text, ast.expr):
            found: object = ast.literal_eval(text)
            return found
        with _LOCK, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            value: object = ast.literal_eval(text)
    except (SyntaxError, TypeError, RecursionError, MemoryError, OverflowError) as error:
        raise ValueError("not a literal") from error
    return value


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with edits that do not overlap."""
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end), reverse=True):
        text = text[: edit.start] + edit.new + text[edit.end :]
    return text


def find_operator(source: Source, left: ast.expr, pattern: str) -> tuple[int, int] | None:
    """Where the operator whose text matches `pattern` stands after its left operand; None where it does not."""
    found = re.compile(rf"(?:\#[^\n\r]*|[\s()\\])*({pattern})").match(source.text, source.span(left)[1])
    return found.span(1) if found else None


def own_nodes(root: ast.AST | Sequence[ast.AST]) -> Iterator[ast.AST]:
    """The nodes below `root` that run as part of it: without the bodies of functions, lambdas and classes in it."""
    waiting = children(root) if isinstance(root, ast.AST) else list(root)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, _SCOPES):
            waiting += children(node)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes right below it, but for what says of a name whether it is read or bound."""
    found: list[ast.AST] = []
    for name in node._fields:
        value = getattr(node, name, None)
        if isinstance(value, list):
            found += [one for one in value if isinstance(one, ast.AST)]
        elif isinstance(value, ast.AST) and name != "ctx":
            found.append(value)
    return found


def last_name(node: ast.AST) -> str:
    """`c` of `a.b.c`, also of `f().c`; of a call, that of what is called."""
    if isinstance(node, ast.Call):
        node = node.func
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def dotted(node: ast.AST | None) -> str:
    """`a.b.c` for a chain of names; "" for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return ".".join([node.id, *reversed(parts)]) if isinstance(node, ast.Name) else ""


def is_main_guard(node: ast.AST) -> bool:
    """Whether it is `if __name__ == "__main__":`."""
    return isinstance(node, ast.If) and any(
        isinstance(part, ast.Name) and part.id == "__name__" for part in ast.walk(node.test)
    )


def _is_utf8(text: str) -> bool:
    """Whether Python will read the file as what we read: another encoding could hide another program."""
    for line in _LINE_END.split(text[: 10 * _LINE], 2)[:2]:
        found = _COOKIE.match(line.removeprefix(_MARK))
        if found:
            try:
                return codecs.lookup(found[1]).name in ("utf-8", "ascii", "utf-8-sig")
            except LookupError:
                return False
    return True


def _is_shallow(tree: ast.AST) -> bool:
    level: list[ast.AST] = [tree]
    for _ in range(MOST_LEVELS):
        level = [child for node in level for child in children(node)]
        if not level:
            return True
    return False
