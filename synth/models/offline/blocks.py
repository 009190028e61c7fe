"""Building blocks: what the offline engine composes tasks, solutions and tests from. One YAML file a block.

Loading checks every file; a mistake is a `BadInput` that names the file and the field.
"""

import ast
import json
import re
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, TypeVar

import yaml
from jinja2 import StrictUndefined, Template, TemplateError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import Field, ValidationError, field_validator

from synth.errors import BadInput
from synth.records import CATEGORIES, Frozen

T = TypeVar("T", bound=Frozen)

IoType = Literal["numbers", "text", "records", "mapping", "other"]
Params = Mapping[str, Any]
"""Constant -> chosen value."""

RESERVED = frozenset({"solution", "errors", "tests", "conftest", "pytest", "setup"})
"""Module names that a block may not take; nor may it take one of the standard library."""


class Case(Frozen):
    """One call in the tests; without `raises` its value is computed from the block's code."""

    call: str
    raises: str | None = None


class Flaw(Frozen):
    """A realistic mistake: `find` occurs once in the rendered code and becomes `replace`."""

    kind: str
    find: str = Field(min_length=1)
    replace: str


class Io(Frozen):
    """What the first argument and the result are, for chaining."""

    takes: IoType = "other"
    gives: IoType = "other"


class Block(Frozen):
    """One parameterised piece: a module with one entry function, its requirements, cases and flaws."""

    name: str
    title: str
    categories: tuple[str, ...] = Field(min_length=1)
    tags: tuple[str, ...] = Field(min_length=1)
    goal: str
    requirements: str
    params: dict[str, tuple[Any, ...]] = Field(default_factory=dict)
    code: str
    cases: tuple[Case, ...] = Field(min_length=1)
    flaws: tuple[Flaw, ...] = ()
    io: Io = Io()

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        if not value.isidentifier() or value in RESERVED or value in sys.stdlib_module_names:
            raise ValueError("must be a Python name that no other module has")
        return value

    @field_validator("categories")
    @classmethod
    def _categories(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if unknown := [name for name in value if name not in CATEGORIES]:
            raise ValueError(f"not a category: {', '.join(unknown)}")
        return value

    @field_validator("params")
    @classmethod
    def _params(cls, value: dict[str, tuple[Any, ...]]) -> dict[str, tuple[Any, ...]]:
        if short := [name for name, values in value.items() if len(values) < 2 or name == "noun"]:
            raise ValueError(f"needs two values or more, and `noun` is taken: {', '.join(short)}")
        return value

    @field_validator("cases", mode="before")
    @classmethod
    def _cases(cls, value: object) -> object:
        if not isinstance(value, list):
            return value
        return [{"call": item} if isinstance(item, str) else item for item in value]


_MORE_DIGITS = re.compile(r"\.?\d")
_MORE_LETTERS = re.compile(r"\w")

_TEMPLATES = ImmutableSandboxedEnvironment(
    undefined=StrictUndefined, keep_trailing_newline=True, trim_blocks=True, lstrip_blocks=True
)


def fill(template: str, values: Mapping[str, Any]) -> str:
    """Fill a block's or combiner's text. Raises `jinja2.TemplateError`."""
    if "{{" not in template and "{%" not in template:
        return template
    return _compiled(template).render(**values)


@lru_cache(maxsize=4096)
def _compiled(template: str) -> Template:
    return _TEMPLATES.from_string(template)


def read_params(block: Block, text: str) -> dict[str, Any] | None:
    """The constants that `text` states in the form `name` = value; None where one is absent or not on offer."""
    found = {}
    for name, offered in block.params.items():
        _, mark, rest = text.partition(f"`{name}` = ")
        lengths = [_stated_length(rest.removeprefix("`"), value) if mark else 0 for value in offered]
        if max(lengths) == 0:
            return None
        found[name] = offered[lengths.index(max(lengths))]
    return found


def _stated_length(text: str, value: object) -> int:
    """How much of the start of `text` writes `value`; 0 where it does not."""
    longest = 0
    for form in (str(value), repr(value), json.dumps(value)):
        goes_on = _MORE_DIGITS if form[-1:].isdigit() else _MORE_LETTERS if form[-1:].isalpha() else None
        if text.startswith(form) and not (goes_on and goes_on.match(text, len(form))):
            longest = max(longest, len(form))
    return longest


def load_blocks(folder: Path) -> tuple[Block, ...]:
    """All blocks of a folder, by name. Raises `BadInput` that names the file and the field."""
    files = sorted(folder.glob("*.yaml"))
    if not files:
        raise BadInput(f"{folder}: holds no building blocks (*.yaml).")
    return tuple(load_block(file) for file in files)


def load_block(file: Path) -> Block:
    """One block, checked. Raises `BadInput`."""
    block = load_yaml(file, Block)
    if block.name != file.stem:
        raise BadInput(f"{file}: `name` is {block.name}, but the file is called {file.stem}.")
    for problem in _problems(block):
        raise BadInput(f"{file}: {problem}.")
    return block


def load_yaml(file: Path, model: type[T]) -> T:
    """Read one YAML file as `model`. Raises `BadInput`."""
    try:
        value = yaml.load(file.read_text(encoding="utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        return model.model_validate(value)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise BadInput(f"{file}: cannot be read as YAML: {error}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"]) or "the file"
        raise BadInput(f"{file}: `{field}`: {first['msg'].removeprefix('Value error, ')}.") from error


def _problems(block: Block) -> Iterator[str]:
    first = {name: values[0] for name, values in block.params.items()}
    choices = [first] + [{**first, name: value} for name, values in block.params.items() for value in values[1:]]
    for params in choices:
        try:
            yield from _problems_with(block, params)
        except (TemplateError, SyntaxError) as error:
            yield f"with {params}: {error}"


def _problems_with(block: Block, params: Params) -> Iterator[str]:
    code = fill(block.code, params)
    defined = [node.name for node in ast.parse(code).body if isinstance(node, ast.FunctionDef)]
    if block.name not in defined:
        yield f"`code` defines no function `{block.name}`"
    requirements = fill(block.requirements, params)
    if f"`{block.name}(" not in requirements:
        yield f"`requirements` do not name the function as `{block.name}(...)`"
    if read_params(block, requirements) != params:
        yield f"`requirements` do not state each constant of {sorted(params)} in the form `name` = value"
    for number, flaw in enumerate(block.flaws):
        found = code.count(fill(flaw.find, params))
        if found != 1:
            yield f"`flaws.{number}.find` occurs {found} times in the code with {dict(params)}, not once"
    fill(block.goal, {**params, "noun": "values"})
    for case in block.cases:
        ast.parse(fill(case.call, params), mode="eval")
