"""The fixtures that tests bring themselves, told from their text: which there are, and which a function may ask for."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from synth.sandbox.source import Function, dotted

_FIXTURE = "pytest.fixture"


class Fixtures:
    """Fixtures of one file: those of its top level, and those of its classes."""

    def __init__(self, body: Sequence[ast.stmt], classes: Sequence[ast.ClassDef], origins: Mapping[str, str]) -> None:
        """`body`: of the file; `classes`: all in it; `origins`: what imported names stand for, as `module.name`."""
        self._origins = origins
        self.names = self._named(body)
        """Of the top level."""
        self._classes = classes
        self._by_class = {node.name: self._named(node.body) for node in self._classes}
        self._bases = {node.name: [dotted(base) for base in node.bases] for node in self._classes}

    def name_of(self, node: ast.FunctionDef) -> str | None:
        """Under which name the function is a fixture; "" where the text does not tell, None where it is none."""
        for decorator in node.decorator_list:
            call = decorator if isinstance(decorator, ast.Call) else None
            if _origin(call.func if call else decorator, self._origins) == _FIXTURE:
                given = [word.value for word in call.keywords if word.arg == "name"] if call else []
                if not given:
                    return node.name
                value = given[0].value if isinstance(given[0], ast.Constant) else None
                return value if isinstance(value, str) else ""
        return None

    def around(self, node: ast.stmt) -> frozenset[str]:
        """The fixtures of the classes that the function stands in, and of those they derive from in this file."""
        waiting = [one.name for one in self._classes if surrounds(one, node)]
        found: set[str] = set()
        for name in waiting:
            found |= self._by_class.get(name, frozenset())
            waiting += [base for base in self._bases.get(name, ()) if base not in waiting]
        return frozenset(found)

    def _named(self, body: Sequence[ast.stmt]) -> frozenset[str]:
        return frozenset(filter(None, [self.name_of(node) for node in body if isinstance(node, ast.FunctionDef)]))


def unknown(
    node: ast.FunctionDef, fixture: str | None, known: frozenset[str], outside: frozenset[str]
) -> Iterator[str]:
    """Parameters of a test, or of the fixture of this name, that nothing in the tests gives.

    known: names that do not come from pytest or a plugin. outside: those of them from further out, which is what a
    fixture gets that asks for its own name.
    """
    positional = [*node.args.posonlyargs, *node.args.args]
    optional = {argument.arg for argument in positional[len(positional) - len(node.args.defaults) :]}
    for name in [argument.arg for argument in (*positional, *node.args.kwonlyargs)]:
        if name == "request" and fixture is not None and name not in known and _only_asks_for_parameter(node):
            continue
        if name not in (outside if name == fixture else known) and name not in optional | {"self", "cls"}:
            yield name


def wanted_by_mark(call: ast.Call) -> list[str] | None:
    """The names that a call of `usefixtures` asks for; None where the text does not tell."""
    names = [part.value for part in call.args if isinstance(part, ast.Constant) and isinstance(part.value, str)]
    return names if len(names) == len(call.args) and not call.keywords else None


def conftests_above(path: str) -> list[str]:
    """Where pytest looks for the `conftest.py` files of a test file, or of a `conftest.py`."""
    folders = path.split("/")[:-1]
    every = ["/".join([*folders[:depth], "conftest.py"]) for depth in range(len(folders) + 1)]
    return [one for one in every if one != path]


def surrounds(outer: ast.stmt, inner: ast.stmt) -> bool:
    """Whether a statement stands in another, or is it."""
    return outer.lineno <= inner.lineno <= (outer.end_lineno or 0)


def _only_asks_for_parameter(node: Function) -> bool:
    """Whether `request` is used for `request.param` only."""
    uses = sum(isinstance(part, ast.Name) and part.id == "request" for part in ast.walk(node))
    good = sum(isinstance(part, ast.Attribute) and dotted(part) == "request.param" for part in ast.walk(node))
    return uses == good


def _origin(node: ast.expr, origins: Mapping[str, str]) -> str:
    root, _, rest = dotted(node).partition(".")
    return ".".join(filter(None, [origins.get(root, ""), rest]))
