"""Solve: a task becomes files of code, tests and a package list (EpiCoder A.5). What the tests say comes later.

A reply whose tests could never prove anything is asked for once more here, because repair may not touch tests.
"""

import ast
import json
import re
import sys
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import PurePosixPath

from synth.ask import Asker, Unanswered, Unparseable
from synth.models.file_blocks import BadBlocks, clean_path, is_test, read_blocks
from synth.records import CodeFile, Dropped, Level, Solution, Task

PROMPT = "solve_task"
MAX_TOKENS = 8192
FEWEST_MODULES = 2
"""Of a task at level `files`: with fewer, nothing is imported across files."""

_JSON = re.compile(r"<json>(.*?)</json>", re.DOTALL | re.IGNORECASE)
_PACKAGE = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?")


@dataclass(frozen=True, slots=True)
class Draft:
    """A parsed reply: solution files, tests, and the third-party packages it names, sorted."""

    files: tuple[CodeFile, ...]
    tests: tuple[CodeFile, ...]
    packages: tuple[str, ...]


def solution_id(asker: Asker, task: Task, temperature: float) -> str:
    """The id that the first draft for `task` has."""
    return asker.record_id(Solution.kind, PROMPT, task.id, 0, temperature=temperature)


async def solve_task(asker: Asker, task: Task, temperature: float) -> Solution | Dropped:
    """Ask for the first draft (attempt 0) of a task."""
    wanted = solution_id(asker, task, temperature)
    answer = await asker.ask(
        PROMPT,
        {"question": task.question, "level": task.level},
        partial(parse_draft, level=task.level),
        temperature=temperature,
        max_tokens=MAX_TOKENS,
    )
    if isinstance(answer, Unanswered):
        return answer.dropped("solve", task.id, wanted)
    draft = answer.value
    return Solution(
        id=wanted,
        task_id=task.id,
        attempt=0,
        previous_id=None,
        files=draft.files,
        tests=draft.tests,
        packages=draft.packages,
        made=answer.made,
    )


def parse_draft(text: str, level: Level) -> Draft:
    """Read a reply of `<file>` blocks and an optional `<json>` block. Raises `Unparseable`."""
    try:
        blocks = read_blocks(text)
        listed, packages = _read_json(blocks.around)
    except BadBlocks as error:
        raise Unparseable(str(error)) from error
    given = {file.path for file in blocks.files}
    if missing := [path for path in listed if path not in given]:
        raise Unparseable(f"file_names lists {', '.join(missing)}, which you did not give; give every file in full")
    files = tuple(file for file in blocks.files if not is_test(file.path))
    tests = tuple(file for file in blocks.files if is_test(file.path))
    _check_files(files, level)
    _check_tests(tests, files)
    return Draft(files, tests, _third_party(packages, files))


def _check_files(files: tuple[CodeFile, ...], level: Level) -> None:
    modules = [file for file in files if file.path.endswith(".py")]
    if not modules:
        raise Unparseable("no solution file: give the code in at least one .py file that is not a test")
    filled = [file for file in modules if PurePosixPath(file.path).name != "__init__.py"]
    if level != "function" and len(filled) < FEWEST_MODULES:
        raise Unparseable("the task wants several files: split the code into 3 to 8 modules that import each other")


def _check_tests(tests: tuple[CodeFile, ...], files: tuple[CodeFile, ...]) -> None:
    trees = [_parsed(file) for file in tests if file.path.endswith(".py")]
    if not any(_is_test_function(node) for tree in trees for node in ast.walk(tree)):
        raise Unparseable("no test file: give tests as functions `def test_...` in a file named test_*.py")
    if not any(_is_assertion(node) for tree in trees for node in ast.walk(tree)):
        raise Unparseable("the tests assert nothing: compare results with the values that the task asks for")
    ours = _module_names(files)
    if not any(ours & _imported(tree) for tree in trees):
        raise Unparseable(f"no test imports the solution: import from {', '.join(sorted(ours))} in the tests")


def _parsed(file: CodeFile) -> ast.Module:
    try:
        with warnings.catch_warnings(action="ignore"):
            return ast.parse(file.text)
    except SyntaxError as error:
        raise Unparseable(f"{file.path} is not valid Python, line {error.lineno}: {error.msg}") from error
    except (ValueError, RecursionError, MemoryError) as error:
        raise Unparseable(f"{file.path} is not valid Python") from error


def _is_test_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test")


def _is_assertion(node: ast.AST) -> bool:
    if isinstance(node, ast.Attribute):
        return node.attr.startswith("assert") or node.attr in ("raises", "fail")
    return isinstance(node, ast.Assert) or (isinstance(node, ast.Name) and node.id == "raises")


def _module_names(files: Iterable[CodeFile]) -> set[str]:
    """The names that an import of these files can mention: modules and the packages around them."""
    names: set[str] = set()
    for file in files:
        if file.path.endswith(".py"):
            names.update(PurePosixPath(file.path).with_suffix("").parts)
    return names - {"__init__"}


def _imported(tree: ast.Module) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(part for alias in node.names for part in alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            names.update((node.module or "").split("."))
            names.update(alias.name for alias in node.names)
    return names


def _read_json(around: str) -> tuple[list[str], list[str]]:
    """The listed files and packages; both empty where there is no such block."""
    found = _JSON.search(around)
    if found is None:
        if re.search(r"</?json>", around, re.IGNORECASE):
            raise Unparseable("the <json> block is not closed; write <json>{...}</json>")
        return [], []
    inside = "\n".join(line for line in found[1].splitlines() if not line.strip().startswith("```"))
    try:
        value = json.loads(inside)
    except ValueError as error:
        raise Unparseable(f"the <json> block is not JSON: {error}") from error
    if not isinstance(value, dict):
        raise Unparseable('the <json> block must be an object like {"file_names": [...], "packages": [...]}')
    return [clean_path(path) for path in _names(value, "file_names")], _names(value, "packages")


def _names(value: dict[str, object], key: str) -> list[str]:
    names = value.get(key, [])
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise Unparseable(f"`{key}` in the <json> block must be a list of strings")
    return [name.strip() for name in names if name.strip()]


def _third_party(packages: list[str], files: tuple[CodeFile, ...]) -> tuple[str, ...]:
    """Package names without versions, the standard library and the solution's own modules."""
    known = {name.lower() for name in sys.stdlib_module_names | _module_names(files)} | {"python"}
    names: set[str] = set()
    for package in packages:
        found = _PACKAGE.match(package)
        if found is None:
            raise Unparseable(f"`{package}` in packages is not a package name")
        if found[0].lower().split(".")[0] not in known:
            names.add(found[0].lower())
    return tuple(sorted(names))
