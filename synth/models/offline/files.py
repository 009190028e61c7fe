"""From a program to its files: one module a piece, or all pieces merged into one module."""

import ast
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from synth.models.offline.blocks import Flaw
from synth.models.offline.plan import ERRORS, Program
from synth.models.offline.shelf import top_names
from synth.records import CodeFile


def write_files(program: Program, flaws: Mapping[str, Flaw] | None = None) -> tuple[CodeFile, ...]:
    """The solution's files; `flaws` (function -> mistake) are built in."""
    pieces = {name: _with_flaw(code, (flaws or {}).get(name)) for name, code in program.pieces.items()}
    if program.plan.module:
        codes = list(pieces.values())
        text = codes[0] if len(codes) == 1 else merge_modules(codes, own=program.sources())
        return (CodeFile(path=f"{program.plan.module}.py", text=text),)
    return tuple(CodeFile(path=f"{name}.py", text=code) for name, code in _ordered(program, pieces))


def _ordered(program: Program, pieces: Mapping[str, str]) -> list[tuple[str, str]]:
    sources = program.sources(pieces)
    errors = [(ERRORS, sources.pop(ERRORS))] if ERRORS in sources else []
    return errors + list(sources.items())


def _with_flaw(code: str, flaw: Flaw | None) -> str:
    return code.replace(flaw.find, flaw.replace, 1) if flaw else code


def mergeable(codes: Iterable[str], own: Iterable[str]) -> bool:
    """Whether modules can share one file: no name is bound by two of them."""
    owner: dict[str, int | str] = {}
    for number, code in enumerate(codes):
        tree = ast.parse(code)
        bound: list[tuple[str, int | str]] = [(name, number) for name in top_names(tree)]
        bound += [(alias, line) for alias, line in _imported(tree, set(own))]
        if any(owner.setdefault(name, by) != by for name, by in bound):
            return False
    return True


def _imported(tree: ast.Module, own: set[str]) -> list[tuple[str, str]]:
    bound = []
    for node in tree.body:
        if isinstance(node, ast.Import):
            bound += [(alias.asname or alias.name.partition(".")[0], f"import {alias.name}") for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module not in own:
            bound += [(alias.asname or alias.name, f"from {node.module} import {alias.name}") for alias in node.names]
    return bound


def merge_modules(codes: Sequence[str], own: Iterable[str]) -> str:
    """One module from several: docstrings joined, imports sorted, imports of the modules `own` left out."""
    trees = [ast.parse(code) for code in codes]
    first, *others = [(ast.get_docstring(tree) or "").partition("\n")[0] for tree in trees]
    head = '"""' + first + "".join(f"\n\n{line}" for line in others) + ("\n" if others else "") + '"""'
    imports = _merge_imports(trees, set(own))
    bodies = [_body(code, tree) for code, tree in zip(codes, trees, strict=True)]
    gap = "\n" if bodies[0].startswith(("def ", "class ", "@")) else ""
    return "\n\n".join([head, *([imports] if imports else []), gap + "\n\n\n".join(bodies)]) + "\n"


def _merge_imports(trees: Sequence[ast.Module], own: set[str]) -> str:
    plain: set[str] = set()
    names: dict[str, set[str]] = defaultdict(set)
    for node in (node for tree in trees for node in tree.body):
        if isinstance(node, ast.Import):
            plain.update(ast.unparse(alias) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and node.module not in own:
            names[node.module].update(ast.unparse(alias) for alias in node.names)
    future = names.pop("__future__", set())
    first = [f"from __future__ import {', '.join(sorted(future))}\n"] if future else []
    froms = [f"from {module} import {', '.join(sorted(names[module]))}" for module in sorted(names)]
    return "\n".join([*first, *(f"import {name}" for name in sorted(plain)), *froms])


def _body(code: str, tree: ast.Module) -> str:
    """The lines of a module without its docstring and its imports, comments included."""
    skipped: set[int] = set()
    for place, node in enumerate(tree.body):
        is_docstring = place == 0 and isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        if is_docstring or isinstance(node, ast.Import | ast.ImportFrom):
            skipped.update(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    kept = [line for number, line in enumerate(code.splitlines(), start=1) if number not in skipped]
    return "\n".join(kept).strip("\n")
