"""What the WebAssembly sandbox has not, read off a job's text: its programs are not run rather than failed for it.

What cannot be read off is noted while it runs (`wasm_guest`): a failure then does not count either.
"""

import ast
import json
import os
import signal
import sys
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from pathlib import Path

from synth.records import CodeFile
from synth.sandbox.distributions import Package
from synth.sandbox.wasm_build import FACTS

_UNREADABLE = (SyntaxError, ValueError, RecursionError, MemoryError)
_NEEDS = {
    "ctypes": "native code",
    "mmap": "shared memory",
    "multiprocessing": "processes",
    "subprocess": "processes",
}
"""Modules that are there and do nothing."""
_NEEDS_FROM = {
    "asyncio": {"create_subprocess_exec": "processes", "create_subprocess_shell": "processes"},
    "concurrent.futures": {"ProcessPoolExecutor": "processes"},
}
_OPTIONAL = {"BaseException", "Exception", "ImportError", "ModuleNotFoundError"}


@dataclass(frozen=True, slots=True)
class Facts:
    """What the Python there has."""

    modules: frozenset[str]
    """Top-level names that can be imported."""
    packages: tuple[Package, ...]
    names: dict[str, frozenset[str]]
    """Of `os` and `signal`: what they have."""


def read_facts(folder: Path) -> Facts:
    """What `wasm_build.build` wrote. Raises `OSError` and `ValueError`."""
    said = json.loads((folder / FACTS).read_text(encoding="utf-8"))
    pairs = (name.rpartition("-") for name in said["packages"])
    packages = tuple(
        Package(name, version, "stated", "", (name.replace("-", "_"),), "") for name, _, version in sorted(pairs)
    )
    return Facts(frozenset(said["modules"]), packages, {name: frozenset(said[name]) for name in ("os", "signal")})


def refusal(needs: Iterable[str]) -> str:
    """Why a job was not run, or does not count."""
    return f"needs {', '.join(sorted(set(needs)))}, which the WebAssembly sandbox has not"


def lacking(files: Sequence[CodeFile], facts: Facts) -> str | None:
    """Why these programs cannot run there, if they cannot."""
    own = {file.path.split("/")[0].removesuffix(".py") for file in files}
    own |= {file.path.rpartition("/")[2].removesuffix(".py") for file in files}
    needs = {need for file in files if file.path.endswith(".py") for need in _needs(file.text, own, facts)}
    return refusal(needs) if needs else None


def _needs(text: str, own: Set[str], facts: Facts) -> Iterator[str]:
    try:
        tree = ast.parse(text)
    except _UNREADABLE:
        return
    known: dict[str, str] = {}
    for node in _certain(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                known[alias.asname or alias.name.partition(".")[0]] = alias.name if alias.asname else ""
                yield from _of_module(alias.name, own, facts)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from _of_module(node.module, own, facts)
            for alias in node.names:
                yield from _of_name(node.module, alias.name, facts)
        elif isinstance(node, ast.Attribute):
            module = _dotted(node.value)
            first, dot, rest = module.partition(".")
            yield from _of_name((known.get(first) or first) + dot + rest if first in known else "", node.attr, facts)


def _certain(tree: ast.AST) -> Iterator[ast.AST]:
    """All nodes but those below a `try` that expects an import to fail, or a question whether something is there."""
    waiting = [tree]
    while waiting:
        node = waiting.pop(0)
        yield node
        if isinstance(node, ast.Try) and any(map(_expects_none, node.handlers)):
            continue
        waiting += ast.iter_child_nodes(node)


def _expects_none(handler: ast.ExceptHandler) -> bool:
    if handler.type is None:
        return True
    return any(isinstance(node, ast.Name) and node.id in _OPTIONAL for node in ast.walk(handler.type))


def _dotted(node: ast.AST) -> str:
    if isinstance(node, ast.Name):
        return node.id
    before = _dotted(node.value) if isinstance(node, ast.Attribute) else ""
    return f"{before}.{node.attr}" if before and isinstance(node, ast.Attribute) else ""


def _of_module(module: str, own: Set[str], facts: Facts) -> Iterator[str]:
    top = module.partition(".")[0]
    if top in own:
        return
    if top in _NEEDS:
        yield _NEEDS[top]
    elif top not in facts.modules:
        yield f"the {'module' if top in sys.stdlib_module_names else 'package'} {top}"


def _of_name(module: str, name: str, facts: Facts) -> Iterator[str]:
    here: dict[str, object] = {"os": os, "signal": signal}
    if module in facts.names and hasattr(here[module], name) and name not in facts.names[module]:
        yield f"{module}.{name}"
    elif name in _NEEDS_FROM.get(module, {}):
        yield _NEEDS_FROM[module][name]
