"""Running the product's own block code, to learn what its cases give.

Only code rendered from `data/` comes here; the text of a question or of a solution never does.
"""

import ast
import builtins
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import ModuleType
from typing import Any

_LITERAL = (ast.Expression, ast.Constant, ast.List, ast.Tuple, ast.Dict, ast.UnaryOp, ast.USub, ast.Load)
_RAISED = (
    ArithmeticError,
    AssertionError,
    AttributeError,
    LookupError,
    OSError,
    RuntimeError,
    StopIteration,
    TypeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What a call gave: the literal of its value, or the name of the exception. Neither: no literal writes it."""

    call: str
    value: str | None = None
    raises: str | None = None


def observe_calls(sources: Mapping[str, str], calls: Iterable[str]) -> list[Seen]:
    """Make `calls` with the public names of all `sources` (module name -> code) in reach."""
    modules = load_modules(sources)
    names: dict[str, Any] = {}
    for module in modules.values():
        names.update(vars(module))
    own = {value for value in names.values() if isinstance(value, type) and issubclass(value, Exception)}
    return [_observe(call, names, (*_RAISED, *sorted(own, key=lambda kind: kind.__name__))) for call in calls]


def load_modules(sources: Mapping[str, str]) -> dict[str, ModuleType]:
    """Execute modules that may import each other and the standard library; `sys.modules` is left alone."""
    loaded: dict[str, ModuleType] = {}

    def find(
        name: str,
        globals: Mapping[str, object] | None = None,
        locals: Mapping[str, object] | None = None,
        fromlist: Sequence[str] = (),
        level: int = 0,
    ) -> ModuleType:
        if name in sources:
            return load(name)
        if name.partition(".")[0] not in sys.stdlib_module_names:
            raise ImportError(f"{name} is neither a module of the solution nor of the standard library")
        return __import__(name, globals, locals, fromlist, level)

    def load(name: str) -> ModuleType:
        if name not in loaded:
            module = ModuleType(name)
            module.__dict__["__builtins__"] = {**vars(builtins), "__import__": find}
            loaded[name] = module
            exec(compile(sources[name], f"{name}.py", "exec"), module.__dict__)
        return loaded[name]

    for name in sources:
        load(name)
    return loaded


def _observe(call: str, names: Mapping[str, Any], expected: tuple[type[BaseException], ...]) -> Seen:
    try:
        value = eval(call, dict(names))
    except expected as error:
        return Seen(call, raises=type(error).__name__)
    text = repr(value)
    return Seen(call, value=text) if _is_literal(text) else Seen(call)


def _is_literal(text: str) -> bool:
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:
        return False
    return all(isinstance(node, _LITERAL) for node in ast.walk(tree))
