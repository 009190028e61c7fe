"""A test file's text, parsed once for all who ask something about it."""

import ast
import os
from dataclasses import dataclass

from synth.sandbox.inside.scripts import NO_PYTHON


@dataclass(frozen=True, slots=True)
class Source:
    """A test file; `name` is its path relative to the job's folder, with slashes."""

    name: str
    path: str
    text: bytes
    tree: ast.Module | None
    """None where it is no Python."""
    problem: BaseException | None = None
    """What parsing it raised."""

    @property
    def nodes(self) -> list[ast.AST]:
        """Every node of the tree; none where it is no Python."""
        return [] if self.tree is None else list(ast.walk(self.tree))


def read_source(root: str, name: str) -> Source:
    """Read and parse a test file.

    Raises:
        OSError: It cannot be read.
    """
    path = os.path.join(root, name)
    with open(path, "rb") as file:
        text = file.read()
    try:
        return Source(name, path, text, ast.parse(text, path))
    except NO_PYTHON as problem:
        return Source(name, path, text, None, problem)
