"""Repair by the offline engine: it follows the error message, one function a round, and says what it did."""

import random
from pathlib import Path

import pytest

from synth.models.file_blocks import read_blocks
from synth.models.offline.compose import compose_modules, compose_one, draw_part
from synth.models.offline.describe import describe_program
from synth.models.offline.files import write_files
from synth.models.offline.kit import Kit
from synth.models.offline.plan import Program
from synth.models.offline.prove import write_tests
from synth.models.offline.repair import answer_repair_solution, undo_flaw
from synth.records import CodeFile
from tests.models.offline.asking import as_inputs, ask, make_kit, run_pytest, tag


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


class Broken:
    """A program with mistakes built in, as a solver might have left it."""

    def __init__(self, kit: Kit, names: list[str], wrong: list[str], seed: int = 1) -> None:
        rng = random.Random(seed)
        parts = [draw_part(kit.shelf, name, rng) for name in names]
        compose = compose_one if len(names) < 3 else compose_modules
        self.kit = kit
        self.program = Program(compose(kit.shelf, parts, kit.wording.domains[0], rng), kit.shelf)
        self.question = describe_program(self.program)
        self.files = write_files(self.program, {name: self.program.flaws(name)[0] for name in wrong})
        self.tests = write_tests(self.program, random.Random(0))

    def repair(self, error: str) -> str:
        request = ask(
            "repair_solution",
            question=self.question,
            files=as_inputs(self.files),
            tests=as_inputs(self.tests),
            error=error,
            attempt=1,
        )
        return answer_repair_solution(request, self.kit)

    def take(self, reply: str) -> set[str]:
        """Lay the reply's files over the solution; returns their paths."""
        given = {file.path: file for file in read_blocks(reply).files}
        self.files = tuple(given.get(file.path, file) for file in self.files)
        return set(given)

    def is_mended(self) -> bool:
        return [file.text for file in self.files] == [file.text for file in write_files(self.program)]


def error_in(function: str) -> str:
    return (
        f"Some tests failed. Outcome `failed`: 1 passed, 1 failed.\n\nFailures:\n"
        f"- test_solution.py::test_{function}_follows_the_examples: assert [1] == [2]\n"
    )


def test_what_pytest_says_is_enough_to_mend_one_mistake(kit: Kit, tmp_path: Path) -> None:
    broken = Broken(kit, ["rolling_mean"], ["rolling_mean"])
    passed, said = run_pytest(tmp_path / "first", broken.files, broken.tests)
    assert not passed
    reply = broken.repair(said)
    broken.take(reply)
    assert run_pytest(tmp_path / "second", broken.files, broken.tests)[0]
    assert "rolling_mean" in tag(reply, "note")
    assert "off by one" in tag(reply, "note")


def test_two_mistakes_take_two_rounds_in_the_order_of_the_error(kit: Kit) -> None:
    names = ["make_slug", "rolling_mean", "check_records"]
    broken = Broken(kit, names, ["rolling_mean", "check_records"])
    assert broken.take(broken.repair("Error in check_records: boom")) == {"check_records.py"}
    assert not broken.is_mended()
    assert broken.take(broken.repair("test said that rolling_mean gave 3")) == {"rolling_mean.py"}
    assert broken.is_mended()


def test_only_the_function_that_the_error_names_is_touched(kit: Kit) -> None:
    names = ["make_slug", "rolling_mean", "check_records"]
    broken = Broken(kit, names, ["rolling_mean"])
    assert "no known mistake" in tag(broken.repair("make_slug raised ValueError"), "decline")


def test_a_failing_test_leads_to_the_functions_that_it_calls(kit: Kit) -> None:
    broken = Broken(kit, ["rolling_mean"], ["rolling_mean"])
    broken.tests = (CodeFile(path="test_it.py", text="def test_smooth():\n    assert rolling_mean([1]) == [2]\n"),)
    broken.take(broken.repair("test_it.py::test_smooth failed"))
    assert broken.is_mended()


def test_a_join_that_fails_leads_to_the_functions_that_it_joins(kit: Kit) -> None:
    broken = Broken(kit, ["make_slug", "rolling_mean", "check_records"], ["rolling_mean"], seed=3)
    join = next(join for join in broken.program.plan.joins if "rolling_mean" in join.uses)
    broken.take(broken.repair(f"E  AssertionError in {join.function}"))
    assert broken.is_mended()


def test_mistakes_in_joins_are_mended_too(kit: Kit) -> None:
    for seed in range(6):
        broken = Broken(kit, ["rescale_values", "rolling_mean", "top_values"], [], seed)
        for join in broken.program.plan.joins:
            for flaw in broken.program.flaws(join.function):
                broken.files = write_files(broken.program, {join.function: flaw})
                broken.take(broken.repair(error_in(join.function)))
                assert broken.is_mended(), (join.kind, flaw.kind)


@pytest.mark.parametrize("error", ["", "The tests did not finish in time.", "ZeroDivisionError: division by zero"])
def test_an_error_that_names_nothing_known_is_declined(kit: Kit, error: str) -> None:
    assert "no function of this program" in tag(
        Broken(kit, ["rolling_mean"], ["rolling_mean"]).repair(error), "decline"
    )


def test_an_unknown_question_is_declined(kit: Kit) -> None:
    request = ask("repair_solution", question="Write a compiler.", files=[], tests=[], error="boom", attempt=1)
    assert "<decline>" in answer_repair_solution(request, kit)


def test_every_known_mistake_can_be_taken_back(kit: Kit) -> None:
    rng = random.Random(4)
    for name in kit.shelf.blocks:
        module = kit.shelf.build(name, draw_part(kit.shelf, name, rng).params)
        for flaw in module.flaws:
            flawed = module.code.replace(flaw.find, flaw.replace, 1)
            assert undo_flaw(flawed, module.code, flaw) == module.code, (name, flaw.kind)
            assert undo_flaw(module.code, module.code, flaw) is None, (name, flaw.kind)


def test_mistakes_in_a_shared_module_are_found_by_their_surroundings(kit: Kit) -> None:
    broken = Broken(kit, ["rolling_mean", "chunked_sums"], [])
    for name in broken.program.modules:
        for flaw in broken.program.flaws(name):
            broken.files = write_files(broken.program, {name: flaw})
            broken.take(broken.repair(error_in(name)))
            assert broken.is_mended(), (name, flaw.kind)
