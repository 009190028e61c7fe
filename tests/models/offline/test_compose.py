"""Plans, their text and their files: what is described can be read back, and what is written runs."""

import ast
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.models.offline.blocks import read_params
from synth.models.offline.compose import compose_modules, compose_one, draw_part
from synth.models.offline.describe import describe_program
from synth.models.offline.examples import join_examples
from synth.models.offline.files import merge_modules, mergeable, write_files
from synth.models.offline.plan import Program
from synth.models.offline.read import Unreadable, read_plan
from tests.models.offline.asking import make_kit

KIT = make_kit()
NAMES = sorted(KIT.shelf.blocks)
SHORT = settings(max_examples=40, deadline=None, derandomize=True)


def program_of(names: list[str], seed: int) -> Program:
    rng = random.Random(seed)
    parts = [draw_part(KIT.shelf, name, rng) for name in names]
    compose = compose_one if len(names) < 3 else compose_modules
    return Program(compose(KIT.shelf, parts, rng.choice(KIT.wording.domains), rng), KIT.shelf)


some_programs = st.builds(
    program_of, st.lists(st.sampled_from(NAMES), min_size=1, max_size=6, unique=True), st.integers(0, 10**6)
)


@SHORT
@given(some_programs)
def test_a_description_is_read_back_as_the_plan_it_was_written_from(program: Program) -> None:
    assert read_plan(describe_program(program), KIT.shelf) == program.plan


@SHORT
@given(some_programs)
def test_a_program_has_at_most_eight_files_that_all_parse(program: Program) -> None:
    files = write_files(program)
    assert 1 <= len(files) <= 8
    assert len({file.path for file in files}) == len(files)
    for file in files:
        assert ast.parse(file.text)


@SHORT
@given(some_programs)
def test_every_join_has_examples_with_a_value(program: Program) -> None:
    for examples in join_examples(program).values():
        assert any(item.value for item in examples)


def test_several_modules_import_each_other() -> None:
    files = write_files(program_of(["rolling_mean", "rescale_values", "top_values", "count_words"], 5))
    modules = {file.path.removesuffix(".py") for file in files}
    imported = {
        node.module for file in files for node in ast.walk(ast.parse(file.text)) if isinstance(node, ast.ImportFrom)
    }
    assert len(modules) >= 5
    assert {"rolling_mean", "rescale_values", "top_values", "count_words"} <= imported & modules


def test_blocks_that_take_what_others_give_are_chained() -> None:
    kinds = {join.kind for seed in range(20) for join in program_of(["rolling_mean", "top_values"], seed).plan.joins}
    assert "composition" in kinds
    assert kinds >= {"pipeline", "summary"}


def test_modules_that_bind_the_same_name_do_not_share_a_file() -> None:
    first = "import math\n\nLIMIT = 1\n\n\ndef one():\n    return math.pi * LIMIT\n"
    second = "LIMIT = 2\n\n\ndef two():\n    return LIMIT\n"
    assert not mergeable([first, second], own=[])
    assert mergeable([first, second.replace("LIMIT", "MOST")], own=[])
    assert not mergeable([first, "from cmath import math\n"], own=[])


def test_merging_keeps_comments_sorts_imports_and_drops_those_of_its_own_modules() -> None:
    first = '"""One."""\n\nimport math\nfrom typing import Any\n\n# why\nA = math.pi\n'
    second = (
        '"""Two.\n\nMore."""\n\nfrom first import A\nfrom typing import Final\n\n\ndef two() -> Any:\n    return A\n'
    )
    merged = merge_modules([first, second], own=["first"])
    assert merged == (
        '"""One.\n\nTwo.\n"""\n\nimport math\nfrom typing import Any, Final\n\n# why\nA = math.pi\n\n\n'
        "def two() -> Any:\n    return A\n"
    )


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("Write a haiku about the sea.", "no function"),
        ("### `juggle(values)`\n\nKeep them in the air.", "no building block is called `juggle`"),
        ("### `rolling_mean(values)`\n\nAverages of some values.", "every constant"),
        ("### `rolling_mean(values)`\n\n`size` = 977, `digits` = 2", "every constant"),
    ],
)
def test_a_text_that_the_blocks_cannot_serve_is_unreadable(text: str, complaint: str) -> None:
    with pytest.raises(Unreadable, match=complaint):
        read_plan(text, KIT.shelf)


def test_a_function_of_an_unknown_kind_beside_a_known_one_is_not_ignored() -> None:
    text = describe_program(program_of(["rolling_mean"], 1))
    with pytest.raises(Unreadable, match="draw_chart"):
        read_plan(f"{text}\n\n### `draw_chart(values)`\n\nDraw it.", KIT.shelf)


def test_a_question_in_looser_words_is_understood() -> None:
    text = "Please write `rolling_mean(values)`: a moving average where `size` = 4 and `digits` = 2."
    plan = read_plan(text, KIT.shelf)
    assert [(part.name, part.params) for part in plan.parts] == [("rolling_mean", {"size": 4, "digits": 2})]
    assert plan.module == "solution"


def test_constants_are_told_apart_where_one_begins_like_another() -> None:
    block = KIT.shelf.blocks["rolling_mean"].model_copy(update={"params": {"size": (1, 10, 1.5, "1 a")}})
    for value in (1, 10, 1.5, "1 a"):
        assert read_params(block, f"so `size` = {value}, as said") == {"size": value}
    assert read_params(block, "`size` = 15") is None
