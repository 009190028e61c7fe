"""The building blocks of the offline engine, checked as data: they run, their cases are firm, their flaws are caught.

The YAML is read here on its own, so a fault of the engine's loader cannot hide a fault of a block.
"""

import ast
import builtins
import contextlib
import copy
import functools
import io
import itertools
import keyword
import re
import sys
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any, cast

import jinja2
import pytest
import yaml

from synth.records import CATEGORIES

FOLDER = Path(__file__).parents[3] / "data" / "blocks"
FIELDS = {"name", "title", "categories", "tags", "goal", "requirements", "params", "code", "cases", "flaws"}
VALUE_KINDS = {"numbers", "text", "records", "mapping", "other"}
COMBINATIONS_A_BLOCK = 6
JINJA = jinja2.Environment(undefined=jinja2.StrictUndefined, keep_trailing_newline=True, autoescape=False)

Params = Mapping[str, Any]
Outcome = tuple[str, object]


@functools.cache
def compiled(template: str) -> jinja2.Template:
    return JINJA.from_string(template)


@dataclass(frozen=True, slots=True)
class Variant:
    """A block with one value for each of its parameters."""

    block: Mapping[str, Any]
    params: Params

    def text(self, template: str) -> str:
        return compiled(template).render(**self.params)

    @property
    def code(self) -> str:
        return self.text(self.block["code"])

    @property
    def calls(self) -> list[str]:
        return [self.text(case["call"]) for case in self.block["cases"]]

    def __str__(self) -> str:
        values = "-".join(f"{name}={value}" for name, value in self.params.items())
        return f"{self.block['name']}-{values}"


@functools.cache
def read_blocks() -> tuple[Mapping[str, Any], ...]:
    return tuple(yaml.safe_load(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.yaml")))


def combinations_of(params: Mapping[str, Sequence[object]]) -> list[Params]:
    """All combinations, or an even spread of them where there are many."""
    every = [dict(zip(params, values, strict=True)) for values in itertools.product(*params.values())]
    if len(every) <= COMBINATIONS_A_BLOCK:
        return every
    last = len(every) - 1
    return [every[round(place * last / (COMBINATIONS_A_BLOCK - 1))] for place in range(COMBINATIONS_A_BLOCK)]


def load_module(name: str, code: str) -> ModuleType:
    module = ModuleType(name)
    exec(compile(code, f"{name}.py", "exec"), module.__dict__)
    return module


def run_calls(name: str, code: str, calls: Sequence[str]) -> dict[str, Outcome]:
    """What each call gives or raises; each block is trusted data of this repository, so it runs in-process."""
    module = load_module(name, code)
    outcomes: dict[str, Outcome] = {}
    for call in calls:
        try:
            with contextlib.redirect_stdout(io.StringIO()) as printed:
                value = eval(call, module.__dict__)
        except Exception as error:  # noqa: BLE001 - the kind of exception is the outcome under test
            outcomes[call] = ("raises", type(error))
        else:
            outcomes[call] = ("gives", value)
        assert not printed.getvalue(), f"{call} prints"
    return outcomes


def same(first: Outcome, second: Outcome) -> bool:
    """Equal, and of the same type at every depth as far as repr tells (1 and 1.0 and True differ)."""
    return first == second and repr(first) == repr(second)


def catches(right: Outcome, wrong: Outcome) -> bool:
    """True where a test that expects `right` fails on `wrong`; `pytest.raises` takes a subclass too."""
    if right[0] == wrong[0] == "raises":
        return not issubclass(cast(type, wrong[1]), cast(type, right[1]))
    return wrong != right


def entry_of(variant: Variant) -> ast.FunctionDef:
    name = variant.block["name"]
    found = [node for node in ast.parse(variant.code).body if isinstance(node, ast.FunctionDef) and node.name == name]
    assert len(found) == 1, f"{name} must be defined once at the top of its module"
    return found[0]


def arguments_of(entry: ast.FunctionDef) -> list[ast.arg]:
    return [*entry.args.args, *entry.args.kwonlyargs]


def signature_of(entry: ast.FunctionDef) -> str:
    """The call as prose writes it: names and defaults, no annotations."""
    bare = copy.deepcopy(entry)
    for argument in arguments_of(bare):
        argument.annotation = None
    return f"{entry.name}({ast.unparse(bare.args)})"


BLOCKS = read_blocks()
VARIANTS = [Variant(block, params) for block in BLOCKS for params in combinations_of(block["params"])]
each_block = pytest.mark.parametrize("block", BLOCKS, ids=lambda block: str(block["name"]))
each_variant = pytest.mark.parametrize("variant", VARIANTS, ids=str)


def test_there_are_fifty_blocks_with_names_of_their_own() -> None:
    names = Counter(block["name"] for block in BLOCKS)
    assert len(BLOCKS) >= 50
    assert max(names.values()) == 1


def test_every_category_but_the_language_has_three_blocks() -> None:
    uses = Counter(category for block in BLOCKS for category in block["categories"])
    assert {category for category in CATEGORIES if uses[category] < 3} == {"programming language"}
    assert set(uses) <= set(CATEGORIES)


def test_enough_blocks_can_be_chained() -> None:
    links = Counter((block["io"]["takes"], block["io"]["gives"]) for block in BLOCKS if "io" in block)
    assert links["numbers", "numbers"] >= 5
    assert links["text", "text"] >= 5
    assert links["records", "records"] >= 4


@each_block
def test_a_block_has_the_agreed_shape(block: Mapping[str, Any]) -> None:
    name = block["name"]
    assert FIELDS <= set(block) <= FIELDS | {"io"}
    assert (FOLDER / f"{name}.yaml").is_file(), "the file is named after the block"
    assert re.fullmatch(r"[a-z]+(_[a-z]+)+", name), "two or more plain words, so that it hides no standard module"
    assert not keyword.iskeyword(name)
    assert 1 <= len(block["categories"]) <= 3
    assert len(set(block["categories"])) == len(block["categories"])
    assert 6 <= len(block["tags"]) <= 12
    assert len(set(block["tags"])) == len(block["tags"])
    assert all(isinstance(tag, str) and tag == tag.lower().strip() for tag in block["tags"])
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", param) and param != "noun" for param in block["params"])
    assert all(len(values) >= 2 for values in block["params"].values())
    assert all(len({repr(value) for value in values}) == len(values) for values in block["params"].values())


@each_block
def test_a_block_has_firm_cases_and_realistic_flaws(block: Mapping[str, Any]) -> None:
    assert 3 <= len(block["cases"]) <= 6
    assert all({"call"} <= set(case) <= {"call", "raises"} for case in block["cases"])
    assert any("raises" not in case for case in block["cases"])
    assert all(issubclass(getattr(builtins, case["raises"]), Exception) for case in block["cases"] if "raises" in case)
    if "raise " in block["code"]:
        assert any("raises" in case for case in block["cases"]), "what is refused is tested"
    assert 2 <= len(block["flaws"]) <= 4
    assert all(set(flaw) == {"kind", "find", "replace"} for flaw in block["flaws"])


@each_block
def test_a_block_says_what_it_links_to(block: Mapping[str, Any]) -> None:
    if "io" not in block:
        return
    assert set(block["io"]) == {"takes", "gives"}
    assert set(block["io"].values()) <= VALUE_KINDS
    variant = Variant(block, combinations_of(block["params"])[0])
    arguments = entry_of(variant).args
    if block["io"]["takes"] != "other":
        assert len(arguments.args) - len(arguments.defaults) == 1, "a chained call passes the first argument only"


@each_variant
def test_the_code_is_a_documented_standard_library_module(variant: Variant) -> None:
    code = variant.code
    tree = ast.parse(code)
    entry = entry_of(variant)
    assert "{{" not in code
    assert ast.get_docstring(tree)
    assert ast.get_docstring(entry)
    assert entry.returns is not None
    assert all(argument.annotation for argument in arguments_of(entry))
    assert 15 <= len(code.strip().splitlines()) <= 65
    assert max(map(len, code.splitlines())) <= 120
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert all(name.split(".")[0] in sys.stdlib_module_names - {"__future__"} for name in names)


@each_variant
def test_the_requirements_name_the_call_and_every_constant(variant: Variant) -> None:
    requirements = variant.text(variant.block["requirements"])
    goal = variant.text(variant.block["goal"].replace("{{ noun }}", "orders"))
    assert f"`{signature_of(entry_of(variant))}`" in requirements
    for name, value in variant.params.items():
        written = {f"`{name}` = {value}", f"`{name}` = {value!r}", f'`{name}` = "{value}"'}
        assert any(text in requirements for text in written), f"{name} = {value}"
    for raised in {case["raises"] for case in variant.block["cases"] if "raises" in case}:
        assert raised in requirements, f"the text must say when {raised} is raised"
    assert not goal.endswith(".")
    assert goal[0].islower()


@each_variant
def test_the_cases_are_literal_calls_with_the_same_literal_results_every_time(variant: Variant) -> None:
    name, calls = variant.block["name"], variant.calls
    assert len(set(calls)) == len(calls)
    for call in calls:
        node = ast.parse(call, mode="eval").body
        assert isinstance(node, ast.Call)
        assert ast.unparse(node.func) == name
        for argument in (*node.args, *(word.value for word in node.keywords)):
            ast.literal_eval(argument)
    first = run_calls(name, variant.code, calls)
    second = run_calls(name, variant.code, calls[::-1])
    for case, call in zip(variant.block["cases"], calls, strict=True):
        manner, value = first[call]
        assert same(first[call], second[call]), call
        assert (manner == "raises") == ("raises" in case), f"{call} {manner} {value}"
        if manner == "raises":
            assert value is getattr(builtins, case["raises"]), call
        else:
            assert same(("gives", ast.literal_eval(repr(value))), first[call]), call


@each_variant
def test_every_flaw_stands_once_in_the_code_and_fails_a_case(variant: Variant) -> None:
    name, code, calls = variant.block["name"], variant.code, variant.calls
    right = run_calls(name, code, calls)
    for flaw in variant.block["flaws"]:
        find, replace = variant.text(flaw["find"]), variant.text(flaw["replace"])
        assert code.count(find) == 1, f"{flaw['kind']}: {find!r} is found {code.count(find)} times"
        wrong = run_calls(name, code.replace(find, replace), calls)
        assert any(catches(right[call], wrong[call]) for call in calls), f"{flaw['kind']}: no case catches it"
