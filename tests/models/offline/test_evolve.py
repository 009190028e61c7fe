"""Tree-of-Evolution on the offline engine: questions from code, children of questions, answers."""

import ast
import re

import pytest

from synth.models.offline.answer import answer_instruction
from synth.models.offline.concepts import concepts_of
from synth.models.offline.evolve import answer_evolve_from_code, answer_evolve_from_question
from synth.models.offline.kit import Kit
from synth.models.offline.plan import Plan
from synth.models.offline.read import read_plan
from synth.models.offline.task import answer_make_task
from synth.steps.evolve import parse_question
from tests.models.offline.asking import ask, ask_task, make_kit, question_of, tag

CODE = '''
import csv


class Report:
    """Totals of a CSV file."""

    def mergeSort(self, rows):
        """Merge sort the rows."""
        return sorted(csv.reader(rows), key=self.moving_average)
'''


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


def from_code(kit: Kit, code: str = CODE, draw: int = 0) -> str:
    return parse_question(answer_evolve_from_code(ask("evolve_from_code", draw, code=code), kit))


def child_of(kit: Kit, question: str, draw: int, challenge: str = "4.0", diversity: str = "6.0") -> str:
    request = ask("evolve_from_question", draw, question=question, challenge=challenge, diversity=diversity)
    return parse_question(answer_evolve_from_question(request, kit))


def parts_of(kit: Kit, question: str) -> list[str]:
    return [part.name for part in plan_of(kit, question).parts]


def plan_of(kit: Kit, question: str) -> Plan:
    return read_plan(question, kit.shelf)


def test_code_becomes_phrases_of_its_names_imports_and_docstrings() -> None:
    concepts = concepts_of(CODE)
    assert concepts[:2] == ["totals of a csv file", "report"]
    assert {"merge sort", "merge sort the rows", "csv", "csv reader"} <= set(concepts)
    assert "sorted" not in concepts


def test_code_that_does_not_parse_is_read_by_its_words() -> None:
    assert "merge sort" in concepts_of("def mergeSort(: mergeSort broken")


def test_a_question_from_code_is_about_what_the_code_is_about(kit: Kit) -> None:
    near = {name for draw in range(6) for name in parts_of(kit, from_code(kit, draw=draw))}
    assert near & {"csv_totals", "merge_sorted_numbers", "rolling_mean"}


def test_a_question_is_long_enough_and_siblings_differ_in_place_and_wording(kit: Kit) -> None:
    siblings = [from_code(kit, draw=draw) for draw in range(3)]
    assert all(len(text.split()) >= 60 for text in siblings)
    assert len({text.partition("\n")[0] for text in siblings}) == 3


def test_code_about_nothing_known_is_declined(kit: Kit) -> None:
    reply = answer_evolve_from_code(ask("evolve_from_code", code="def zzyzx(): return 0"), kit)
    assert "<decline>" in reply


def test_children_add_swap_or_keep_parts_so_that_some_are_harder_and_some_are_not(kit: Kit) -> None:
    parent = from_code(kit)
    before = parts_of(kit, parent)
    sizes = [len(parts_of(kit, child_of(kit, parent, draw))) for draw in range(9)]
    assert sum(size > len(before) for size in sizes) >= 3
    assert any(size <= len(before) for size in sizes)


def test_some_children_only_draw_a_constant_anew(kit: Kit) -> None:
    parent = from_code(kit)
    same = [child for draw in range(9) if parts_of(kit, child := child_of(kit, parent, draw)) == parts_of(kit, parent)]
    assert any(child.partition("\n")[0] == parent.partition("\n")[0] for child in same)


def test_a_challenging_parent_gets_rarer_children_rather_than_longer_ones(kit: Kit) -> None:
    parent = from_code(kit)
    size = len(parts_of(kit, parent))
    children = [child_of(kit, parent, draw, challenge="9.0") for draw in range(9)]
    assert all(len(parts_of(kit, child)) <= size for child in children)


def test_a_common_parent_gets_no_mere_retouch(kit: Kit) -> None:
    parent = question_of(answer_make_task(ask_task(["csv", "sorting", "slug"], level="files"), kit))
    children = [child_of(kit, parent, draw, diversity="1.0") for draw in range(9)]
    assert all(sorted(parts_of(kit, child)) != sorted(parts_of(kit, parent)) for child in children)


def test_a_task_of_ours_can_be_the_root_of_a_tree_without_scores(kit: Kit) -> None:
    root = question_of(answer_make_task(ask_task(["moving average"]), kit))
    assert parts_of(kit, child_of(kit, root, 0, "not rated", "not rated"))


def test_grandchildren_stay_within_six_parts(kit: Kit) -> None:
    question = from_code(kit)
    for generation in range(8):
        question = child_of(kit, question, generation)
        assert 1 <= len(parts_of(kit, question)) <= 6


def test_a_question_of_somebody_else_is_declined(kit: Kit) -> None:
    request = ask("evolve_from_question", question="Write a web crawler.", challenge="5.0", diversity="5.0")
    assert "<decline>" in answer_evolve_from_question(request, kit)


def test_an_answer_holds_every_module_as_valid_code_and_explains_it(kit: Kit) -> None:
    question = child_of(kit, child_of(kit, from_code(kit), 0), 1)
    reply = answer_instruction(ask("answer_instruction", question=question), kit)
    codes = re.findall(r"```python\n(.*?)\n```", reply, re.DOTALL)
    defined = {node.name for code in codes for node in ast.walk(ast.parse(code)) if isinstance(node, ast.FunctionDef)}
    assert set(plan_of(kit, question).functions) <= defined
    assert all(f"- `{name}`" in reply for name in plan_of(kit, question).functions)


def test_a_question_without_known_functions_is_not_answered(kit: Kit) -> None:
    reply = answer_instruction(ask("answer_instruction", question="What is the meaning of life?"), kit)
    assert "no function" in tag(reply, "decline")
