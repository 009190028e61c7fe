"""Answers to `pre_extract` and `extract_features`: what a piece of Python code shows, read from its syntax tree.

Signs in the code are looked up in the lexicon; dependencies, exceptions, workflow steps and the code's own purpose are
named after what the code names. Nothing is guessed: a feature is there because a sign or a name is.
"""

import ast
import json
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence

from synth.models.base import Request
from synth.models.offline.extract_scope import BUILTINS
from synth.models.offline.extract_signs import Reading, read_code
from synth.models.offline.lexicon import load_names, signs
from synth.models.offline.phrases import (
    class_phrase,
    identifier_step,
    is_readable,
    name_phrase,
    spell_out,
    split_identifier,
)
from synth.records import CATEGORIES, FeaturePath
from synth.tree.nested import from_nested, to_nested

LARGEST = 400_000
"""Characters of code that are still read."""
_MOST_IN_GROUP = 3
_MOST_IN_CATEGORY = {"workflow": 5, "dependency relations": 6, "functionality": 2}
_MOST_ELSEWHERE = 3
_MOST_KEYWORDS = 30


class Unreadable(ValueError):
    """Text that is not Python code; the message says why."""


def answer_pre_extract(request: Request) -> str:
    """Keywords of `inputs["code"]` separated by `##`."""
    try:
        paths = extract_paths(str(request.inputs["code"]))
    except Unreadable as error:
        return f"<decline>{error}</decline>"
    named = [path[1] if path[0] == "dependency relations" else path[-1] for path in paths if len(path) > 1]
    return " ## ".join(list(dict.fromkeys(named))[:_MOST_KEYWORDS])


def answer_extract_features(request: Request) -> str:
    """The features of `inputs["code"]` under `inputs["categories"]`, each where `inputs["demonstration"]` has it."""
    categories = request.inputs.get("categories")
    wanted = categories if isinstance(categories, list | tuple) else CATEGORIES
    try:
        paths = extract_paths(str(request.inputs["code"]))
    except Unreadable as error:
        return f"<decline>{error}</decline>"
    homes = _homes(request.inputs.get("demonstration"))
    placed = [homes.get((path[0], path[-1]), path) for path in paths if path[0] in wanted]
    return f"<begin>{json.dumps(to_nested(placed), ensure_ascii=False)}<end>"


def extract_paths(code: str) -> list[FeaturePath]:
    """The features that the code shows, most telling of each group only, in the order of the categories.

    Raises `Unreadable` where it is not Python.
    """
    tree = parse_code(code)
    try:
        reading = read_code(tree)
    except RecursionError as error:
        raise Unreadable("code is nested too deeply to read") from error
    found: dict[FeaturePath, int] = {("programming language", "Python"): 1}
    for path in (*_dependencies(reading), *_exceptions(reading), *_steps(reading), *_looked_up(reading)):
        found[path] = found.get(path, 0) + 1
    _name_purpose(tree, found)
    return _select(found)


def parse_code(code: str) -> ast.Module:
    """Parse code, indented or not. Raises `Unreadable` that says where it is not Python."""
    if len(code) > LARGEST:
        raise Unreadable(f"code is longer than {LARGEST} characters")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # such as an invalid escape in the code that is read
        try:
            tree = _parse(code)
        except SyntaxError as error:
            raise Unreadable(f"code does not parse: line {error.lineno or 1}") from error
        except (ValueError, RecursionError, MemoryError) as error:
            raise Unreadable("code does not parse: line 1 (null bytes or nested too deeply)") from error
    if all(isinstance(node, ast.Expr) and isinstance(node.value, (ast.Name, ast.Constant)) for node in tree.body):
        raise Unreadable("code holds no statement to read")
    return tree


def _parse(code: str) -> ast.Module:
    try:
        return ast.parse(code)
    except IndentationError as error:
        try:
            block = ast.parse(f"if True:\n{code}").body[0]  # a method as it stands in its class
        except SyntaxError:
            raise error from None
        return ast.Module(block.body if isinstance(block, ast.If) else [], [])


def _looked_up(reading: Reading) -> Iterator[FeaturePath]:
    table = signs()
    for sign in reading.signs:
        yield from table.get(sign, ())


def _dependencies(reading: Reading) -> Iterator[FeaturePath]:
    for names in reading.uses:
        if names:
            yield ("dependency relations", *map(name_phrase, names))


def _exceptions(reading: Reading) -> Iterator[FeaturePath]:
    for group, names in (("raise exceptions", reading.raised), ("catch exceptions", reading.caught)):
        for name in names:
            words = spell_out(split_identifier(name))
            if name in BUILTINS and name[0].isupper():
                yield "error handling", group, " ".join(words)
            elif name[0] != "_" and name[0].isupper() and len(words) > 1 and is_readable(words):
                yield "error handling", "library exceptions", " ".join(words)


def _steps(reading: Reading) -> Iterator[FeaturePath]:
    for step in reading.steps:
        yield "workflow", step.verb.stage, step.phrase


def _name_purpose(tree: ast.Module, found: dict[FeaturePath, int]) -> None:
    """Put what the code calls itself under the purpose that most signs speak for."""
    purposes = {path: hits for path, hits in found.items() if path[0] == "functionality"}
    best = sorted(purposes, key=lambda path: -purposes[path])[:2]
    for path in purposes.keys() - set(best):
        del found[path]
    defined = [node for node in tree.body if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))]
    for node in defined[:1]:
        name = node.name
        step = identifier_step(name)
        phrase = class_phrase(name) if isinstance(node, ast.ClassDef) else step.phrase if step else None
        if phrase is not None:
            home = best[0] if best else ("functionality", step.verb.purpose if step else "type and object inspection")
            found[(*home, phrase)] = found.pop(home, 1)


def _select(found: Mapping[FeaturePath, int]) -> list[FeaturePath]:
    """The features seen most often of each group and category, commonplaces last; in the order in which they came."""
    common = frozenset(load_names("words", "commonplace"))
    kept: list[FeaturePath] = []
    for category in CATEGORIES:
        order = {path: place for place, path in enumerate(path for path in found if path[0] == category)}
        room = _MOST_IN_CATEGORY.get(category, _MOST_ELSEWHERE)
        groups: dict[str, int] = {}
        taken: list[FeaturePath] = []
        for path in sorted(order, key=lambda path: (path[-1] in common, -found[path], order[path])):
            group = path[1]
            if len(taken) < room and groups.get(group, 0) < _MOST_IN_GROUP:
                groups[group] = groups.get(group, 0) + 1
                taken.append(path)
                room = min(room, len(taken) + (path[-1] not in common) * room)
        kept.extend(sorted(taken, key=order.__getitem__))
    return kept


def _homes(demonstration: object) -> dict[tuple[str, str], FeaturePath]:
    """Where the demonstration keeps a feature, by category and name; dependencies stay with their module."""
    try:
        shown: Sequence[FeaturePath] = from_nested(demonstration or {})
    except ValueError:
        return {}
    return {(path[0], path[-1]): path for path in _parents_last(shown) if path[0] != "dependency relations"}


def _parents_last(paths: Iterable[FeaturePath]) -> list[FeaturePath]:
    return [path for path in reversed(list(paths)) if len(path) > 1]
