"""The files that the offline engine composes from: a mistake in one is named with its file and field."""

import shutil
from pathlib import Path

import pytest

from synth.errors import BadInput
from synth.models.offline.kit import load_kit
from synth.models.offline.plan import Part, Plan, Program
from synth.models.offline.run import observe_calls
from synth.settings import DATA
from tests.models.offline.asking import embed_words

BLOCK = """\
name: double_all
title: doubling
categories: [computation operation]
tags: [doubling]
goal: multiply {{ noun }} by {{ factor }}
requirements: "Write `double_all(values)`: each value times `factor` = {{ factor }}."
params: {factor: [2, 3]}
code: |
  def double_all(values):
      return [value * {{ factor }} for value in values]
cases: ["double_all([1, 2])", {call: "double_all(5)", raises: TypeError}]
flaws: [{kind: wrong operator, find: "value * ", replace: "value + "}]
io: {takes: numbers, gives: numbers}
"""


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data folder with one block of its own."""
    shutil.copytree(DATA / "joiners", tmp_path / "joiners")
    for name in ("domains.json", "phrases.yaml"):
        shutil.copy(DATA / name, tmp_path)
    (tmp_path / "blocks").mkdir()
    (tmp_path / "blocks" / "double_all.yaml").write_text(BLOCK, encoding="utf-8")
    return tmp_path


def test_a_block_is_rendered_with_its_constants_and_its_cases_are_run(data: Path) -> None:
    module = load_kit(data, embed_words).shelf.build("double_all", {"factor": 3})
    assert "value * 3" in module.code
    assert [(item.value, item.raises) for item in module.seen] == [("[3, 6]", None), (None, "TypeError")]
    assert (module.inputs, module.refused) == (("[1, 2]",), ("5",))


@pytest.mark.parametrize(
    ("right", "wrong", "complaint"),
    [
        ("name: double_all", "name: double_some", "file is called double_all"),
        ("name: double_all", "name: json", "`name`: must be a Python name that no other module has"),
        ("[computation operation]", "[cookery]", "`categories`: not a category: cookery"),
        ("{factor: [2, 3]}", "{factor: [2]}", "`params`: needs two values"),
        ("`factor` = {{ factor }}", "{{ factor }}", "state each constant"),
        ("`double_all(values)`", "it", "do not name the function"),
        ("  def double_all", "  def halve_all", "defines no function `double_all`"),
        ("{{ noun }}", "{{ nouns }}", "nouns"),
        ('"value * "', '"value"', "occurs 4 times"),
        ("title: doubling", "colour: red", "`title`: Field required"),
        ("return [value", "return [[value", "was never closed|does not match"),
    ],
)
def test_a_mistake_in_a_block_is_named(data: Path, right: str, wrong: str, complaint: str) -> None:
    file = data / "blocks" / "double_all.yaml"
    assert right in BLOCK
    file.write_text(BLOCK.replace(right, wrong, 1), encoding="utf-8")
    with pytest.raises(BadInput, match=complaint) as caught:
        load_kit(data, embed_words)
    assert str(file) in str(caught.value)


def test_a_case_that_does_not_do_what_it_says_is_named(data: Path) -> None:
    file = data / "blocks" / "double_all.yaml"
    file.write_text(BLOCK.replace("raises: TypeError", "raises: KeyError"), encoding="utf-8")
    kit = load_kit(data, embed_words)
    with pytest.raises(BadInput, match=r"double_all.yaml: `cases.1`: wanted KeyError, got TypeError"):
        kit.shelf.build("double_all", {"factor": 2})


def test_a_mistake_in_a_joiner_is_named(data: Path) -> None:
    file = data / "joiners" / "batch.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("known_by: one", "known_by: two"), encoding="utf-8")
    with pytest.raises(BadInput, match=r"batch.yaml: `known_by`"):
        load_kit(data, embed_words)


def test_no_joiner_is_known_by_the_words_of_another() -> None:
    shelf = load_kit(DATA, embed_words).shelf
    for joiner in shelf.joiners.values():
        others = [other for other in shelf.joiners.values() if other is not joiner]
        assert not any(joiner.known_by in other.requirements for other in others)


def test_block_code_reaches_the_standard_library_and_its_siblings_only() -> None:
    sources = {"first": "import math\nvalue = math.floor(2.5)\n", "second": "from first import value\n"}
    assert observe_calls(sources, ["value"])[0].value == "2"
    with pytest.raises(ImportError, match="numpy"):
        observe_calls({"first": "import numpy\n"}, ["1"])


def test_values_that_no_literal_writes_are_not_given() -> None:
    seen = observe_calls({"first": "import math\n"}, ["{1, 2}", "math.inf", "math", "[1, ('a', None)]"])
    assert [item.value for item in seen] == [None, None, None, "[1, ('a', None)]"]


def test_rare_categories_make_a_block_rare() -> None:
    shelf = load_kit(DATA, embed_words).shelf
    assert all(0 < shelf.rarity(name) <= 1 for name in shelf.blocks)
    assert len({shelf.rarity(name) for name in shelf.blocks}) > 5


def test_the_errors_module_is_written_only_where_the_plan_has_one() -> None:
    kit = load_kit(DATA, embed_words)
    program = Program(Plan((Part("make_slug", {"separator": "-", "limit": 16}),)), kit.shelf)
    assert "errors" not in program.sources()
