"""Reading a piece of code: one walk over its syntax tree that collects signs, names and steps in their order.

A sign is a short text such as `call os.path.join`, `.append`, `syntax while`, `idiom worklist`, `word checksum`,
`raise ValueError` or `decorator property`. The lexicon's `signs-*.json` say which features a sign shows.
"""

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field

from synth.models.offline.extract_expressions import expression_signs
from synth.models.offline.extract_idioms import idiom_signs
from synth.models.offline.extract_loops import loop_signs
from synth.models.offline.extract_scope import BUILTINS, Chain, Scope, chain_of, imported, read_scope
from synth.models.offline.extract_statements import Function, Place, statement_signs
from synth.models.offline.phrases import Step, identifier_step, sentence_step, singular, spell_out, split_identifier

_CONTAINER_METHODS = frozenset(name for kind in (list, dict, str, set, bytes) for name in dir(kind))
"""Too common to be steps; what they show, signs say."""
_FILE_MODES = {"r": "read", "w": "write", "a": "append", "x": "exclusive"}
_MOST_DEPENDENCY_NAMES = 4
_OWN_NAME = 3
"""How many times as much as another word a word of the code's own name says about it."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What one walk over the code found; everything in the order of appearance, with repeats."""

    signs: list[str] = field(default_factory=list)
    uses: list[Chain] = field(default_factory=list)
    """Modules and their members: `("os", "path", "join")`."""
    steps: list[Step] = field(default_factory=list)
    raised: list[str] = field(default_factory=list)
    """Exception classes as written, without their module."""
    caught: list[str] = field(default_factory=list)


def read_code(tree: ast.Module) -> Reading:
    """Walk the tree once, outside in and top to bottom."""
    walk = _Walk(read_scope(tree), Reading())
    waiting: list[tuple[ast.AST, Place]] = [(node, Place()) for node in reversed(tree.body)]
    while waiting:
        node, place = waiting.pop()
        walk.read(node, place)
        waiting.extend((child, inner) for child, inner in reversed(list(_below(node, place))))
    return walk.reading


def _below(node: ast.AST, place: Place) -> Iterator[tuple[ast.AST, Place]]:
    """The children of a node and where they stand; a dotted name is read as one."""
    if isinstance(node, ast.Attribute) and chain_of(node) is not None:
        return
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    inner = place
    match node:
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            inner = Place(functions=(*place.functions, name))
        case ast.ClassDef():
            inner = Place(functions=place.functions, in_class=True)
        case ast.For() | ast.While() | ast.AsyncFor():
            inner = Place(place.loops + 1, place.conditions, place.functions)
        case ast.If(orelse=other):
            inner = Place(place.loops, place.conditions + 1, place.functions)
            for child in ast.iter_child_nodes(node):
                chained = isinstance(child, ast.If) and other == [child]
                yield child, place if chained else inner
            return
        case _:
            pass
    noted = (getattr(node, "annotation", None), getattr(node, "returns", None))
    for child in ast.iter_child_nodes(node):
        if child not in noted:
            yield child, inner


@dataclass(frozen=True, slots=True)
class _Walk:
    scope: Scope
    reading: Reading

    def read(self, node: ast.AST, place: Place) -> None:
        signs = self.reading.signs
        signs.extend(statement_signs(node, place))
        signs.extend(expression_signs(node))
        signs.extend(loop_signs(node))
        signs.extend(idiom_signs(node))
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                self._define(node, place)
            case ast.ClassDef():
                self._define(node, place)
                signs.extend(f"base {names[-1]}" for base in node.bases if (names := chain_of(base)))
            case ast.Call():
                self._call(node, place)
            case ast.Attribute() | ast.Name(ctx=ast.Load()):
                self._use(node)
            case ast.Name(id=name):
                signs.append(f"variable {name.strip('_')}" if name != "__slots__" else "variable __slots__")
            case ast.Import() | ast.ImportFrom():
                self._import(node, place)
            case ast.Raise(exc=ast.expr() as what):
                self._raise(what.func if isinstance(what, ast.Call) else what)
            case ast.ExceptHandler(type=ast.expr() as what):
                for kind in what.elts if isinstance(what, ast.Tuple) else (what,):
                    self._catch(kind)
            case _:
                pass

    def _define(self, node: Function | ast.ClassDef, place: Place) -> None:
        signs = self.reading.signs
        for decorator in node.decorator_list:
            names = chain_of(decorator.func if isinstance(decorator, ast.Call) else decorator)
            signs.extend([f"decorator {names[-1]}"] if names else ())
        if node.name.startswith("__") and node.name.endswith("__"):
            signs.append(f"dunder {node.name}")
        self._words(split_identifier(node.name) * (1 if place.functions or place.in_class else _OWN_NAME))
        docstring = ast.get_docstring(node, clean=False)
        if docstring:
            step = sentence_step(docstring)
            self.reading.steps.extend([step] if step else ())
            sentence = docstring.strip().split("\n\n", 1)[0].split(". ", 1)[0]
            self._words(split_identifier(sentence[:300]))
            signs.extend(["docstring examples"] if ">>>" in docstring else ())

    def _words(self, words: tuple[str, ...]) -> None:
        for word in words:
            self.reading.signs.append(f"word {singular(word)}")
            self.reading.signs.extend(f"word {singular(whole)}" for whole in spell_out((word,)) if whole != word)

    def _call(self, node: ast.Call, place: Place) -> None:
        signs = self.reading.signs
        called = self.scope.resolve(node.func)
        if called is not None:
            signs.append(f"call {'.'.join(called)}")
            if called in (("open",), ("io", "open")):
                signs.append(f"open {_file_mode(node)}")
        elif isinstance(node.func, ast.Attribute):
            self._method(node.func)
        elif isinstance(node.func, ast.Name):
            self._step(node.func.id, "")
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        own = isinstance(node.func, ast.Name) or chain_of(node.func) == ("self", name)
        if own and name in place.functions:
            signs.append("syntax recursion")
        signs.extend(f"keyword {word.arg}" for word in node.keywords if word.arg)

    def _method(self, func: ast.Attribute) -> None:
        receiver = chain_of(func.value)
        last = receiver[-1] if receiver else ""
        self.reading.signs.append(f".{func.attr}")
        if "log" in last.lower():
            self.reading.signs.append(f"logger {func.attr}")
        if func.attr not in _CONTAINER_METHODS:
            self._step(func.attr, "" if last in ("self", "cls") else last)

    def _step(self, name: str, receiver: str) -> None:
        step = identifier_step(name, receiver)
        self.reading.steps.extend([step] if step else ())
        self._words(split_identifier(name))

    def _use(self, node: ast.Attribute | ast.Name) -> None:
        signs = self.reading.signs
        written = chain_of(node)
        if isinstance(node, ast.Attribute):
            signs.extend(f"attr {name}" for name in (written[1:] if written else (node.attr,)))
        resolved = self.scope.resolve(node)
        if resolved is None:
            return
        if resolved[0] in BUILTINS:
            signs.extend([f"use {resolved[0]}"] if resolved[0].endswith("Warning") else ())
        elif len(resolved) > 1:
            self.reading.uses.append(_public(resolved))

    def _import(self, node: ast.Import | ast.ImportFrom, place: Place) -> None:
        signs = self.reading.signs
        self.reading.uses.extend(_public(names) for _, names in imported(node) if names[-1] != "*")
        shapes = {
            "local import": bool(place.functions),
            "import alias": any(alias.asname for alias in node.names),
            "star import": any(alias.name == "*" for alias in node.names),
            "relative import": isinstance(node, ast.ImportFrom) and node.level > 0,
        }
        signs.extend(f"syntax {name}" for name, there in shapes.items() if there)

    def _raise(self, what: ast.expr) -> None:
        if names := chain_of(what):
            self.reading.signs.append(f"raise {names[-1]}")
            self.reading.raised.append(names[-1])

    def _catch(self, what: ast.expr) -> None:
        if names := chain_of(what):
            self.reading.signs.append(f"except {names[-1]}")
            self.reading.caught.append(names[-1])


def _public(names: Chain) -> Chain:
    """The part of a dotted name that is fit for a feature: no private parts, constants or methods of containers."""
    kept: list[str] = []
    for name in names[:_MOST_DEPENDENCY_NAMES]:
        if name.startswith("_") or (kept and name.isupper()) or (len(kept) > 1 and name in _CONTAINER_METHODS):
            break
        kept.append(name)
    return tuple(kept)


def _file_mode(call: ast.Call) -> str:
    modes = [*call.args[1:2], *(word.value for word in call.keywords if word.arg == "mode")]
    mode = modes[0].value if modes and isinstance(modes[0], ast.Constant) else "r"
    text = mode if isinstance(mode, str) else "r"
    kind = next((name for letter, name in _FILE_MODES.items() if letter in text), "read")
    return f"binary {kind}" if "b" in text else kind
