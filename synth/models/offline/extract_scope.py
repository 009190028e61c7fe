"""What a name in a piece of code stands for: a module's member, a built-in, or something of the code's own.

A seed is one function or class, so the imports at the top of its file are not in sight. A global that has the name of
a standard module, or that is a well-known member of one, is taken for it unless the code binds that name itself.
"""

import ast
import builtins
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from synth.models.offline.lexicon import load_texts

BUILTINS = frozenset(name for name in dir(builtins) if not name.startswith("_"))
Chain = tuple[str, ...]
"""`os.path.join` as its names."""


@dataclass(frozen=True, slots=True)
class Scope:
    """The names of one piece of code, taken as one flat scope."""

    imports: Mapping[str, Chain]
    """What an imported name stands for."""
    bound: frozenset[str]
    """Parameters, variables, functions and classes."""

    def resolve(self, node: ast.expr) -> Chain | None:
        """The full dotted name of an attribute chain; None where its base is the code's own or unknown."""
        written = chain_of(node)
        if written is None:
            return None
        base = self._base(written[0])
        return None if base is None else (*base, *written[1:])

    def _base(self, name: str) -> Chain | None:
        if name in self.imports:
            return self.imports[name]
        if name in self.bound:
            return None
        if name in BUILTINS:
            return (name,)
        public = name.lstrip("_")
        if public in sys.stdlib_module_names:
            return (public,)
        known = load_texts("names", "members").get(public) or load_texts("names", "aliases").get(name)
        return tuple(known.split(".")) if known else None


def chain_of(node: ast.expr) -> Chain | None:
    """The names of `a.b.c`; None where the base is not a name."""
    names: list[str] = []
    while isinstance(node, ast.Attribute):
        names.append(node.attr)
        node = node.value
    return (node.id, *reversed(names)) if isinstance(node, ast.Name) else None


def read_scope(tree: ast.AST) -> Scope:
    """Collect what the code imports and binds."""
    imports: dict[str, Chain] = {}
    bound: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            imports.update(imported(node))
        else:
            bound.update(_bound_by(node))
    return Scope(imports, frozenset(bound))


def imported(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, Chain]]:
    """The names that an import binds and what they stand for; relative imports count as the code's own."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            names = tuple(alias.name.split("."))
            yield (alias.asname, names) if alias.asname else (names[0], names[:1])
    elif node.module and not node.level:
        for alias in node.names:
            yield alias.asname or alias.name, (*node.module.split("."), alias.name)


def _bound_by(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)) | ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)):
            yield name
        case ast.MatchMapping(rest=str(name)):
            yield name
        case _:
            pass
