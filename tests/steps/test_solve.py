"""From a task to a first draft: how files, tests and packages are read, and which drafts are sent back."""

import asyncio

import pytest

from synth.ask import Asker, Unparseable
from synth.records import Dropped, Level, Made, Solution, Task
from synth.steps.solve import Draft, parse_draft, solution_id, solve_task
from tests.scripted import ScriptedModel

CODE = "def double(x: int) -> int:\n    return 2 * x"
TEST = "from double import double\n\n\ndef test_double():\n    assert double(2) == 4"


def block(path: str, text: str) -> str:
    return f"<file>{path}</file>\n```python\n{text}\n```\n"


GOOD = block("double.py", CODE) + block("test_double.py", TEST)


def a_task(level: Level = "function") -> Task:
    return Task(
        id="task-1",
        subtree_id="subtree-1",
        level=level,
        draw=0,
        selected=("arithmetic",),
        scenario="A mint.",
        statement="`double(x)` gives twice x.",
        instruction="Double a number.",
        made=Made(engine="scripted", model="m", prompt="make_task", prompt_hash="h", temperature=0.7),
    )


def solve(*replies: str, level: Level = "function") -> tuple[Solution | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    return asyncio.run(solve_task(Asker(model), a_task(level), 0.7)), model


def parse(text: str, level: Level = "function") -> Draft:
    return parse_draft(text, level)


def test_a_draft_is_the_first_attempt_with_files_and_tests_apart() -> None:
    solution, model = solve(GOOD)
    assert isinstance(solution, Solution)
    assert [(file.path, file.text) for file in solution.files] == [("double.py", CODE + "\n")]
    assert [file.path for file in solution.tests] == ["test_double.py"]
    assert (solution.task_id, solution.attempt, solution.previous_id, solution.note) == ("task-1", 0, None, "")
    assert solution.id == solution_id(Asker(model), a_task(), 0.7)
    assert model.requests[0].inputs == {
        "question": "Double a number.\n\n`double(x)` gives twice x.",
        "level": "function",
    }


def test_a_declined_solution_is_recorded_with_its_reason() -> None:
    solution, model = solve("<decline>the task contradicts itself</decline>")
    assert isinstance(solution, Dropped)
    assert (solution.step, solution.subject_id) == ("solve", "task-1")
    assert solution.reason == "declined: the task contradicts itself"
    assert solution.wanted_id == solution_id(Asker(model), a_task(), 0.7)


def test_a_draft_without_tests_is_asked_for_once_more() -> None:
    solution, model = solve(block("double.py", CODE), GOOD)
    assert isinstance(solution, Solution)
    assert "no test file" in model.requests[1].previous[0].complaint


def test_a_draft_twice_without_tests_is_dropped_with_the_raw_reply() -> None:
    solution, _ = solve(block("double.py", CODE), block("double.py", CODE))
    assert isinstance(solution, Dropped)
    assert "no test file" in solution.reason
    assert solution.raw == block("double.py", CODE)


def test_a_task_of_several_files_wants_modules_that_import_each_other() -> None:
    more = block("shop/__init__.py", "") + block("helpers.py", "from double import double\n\ntwice = double")
    with pytest.raises(Unparseable, match="several files"):
        parse(GOOD + block("shop/__init__.py", ""), "files")
    assert [file.path for file in parse(GOOD + more, "files").files] == ["double.py", "shop/__init__.py", "helpers.py"]


@pytest.mark.parametrize(
    ("reply", "complaint"),
    [
        ("Here is an idea.", "no solution file"),
        (block("test_double.py", TEST), "no solution file"),
        (block("double.py", CODE) + block("tests/data.py", "X = 1"), "no test file"),
        (block("double.py", CODE) + block("test_double.py", "from double import double"), "no test file"),
        (GOOD.replace("def test_double():", "def test_double()"), "test_double.py is not valid Python, line 4"),
        (GOOD.replace("assert double(2) == 4", "double(2)"), "assert nothing"),
        (GOOD.replace("from double import double", "double = lambda x: 4"), "no test imports the solution"),
        (GOOD.replace("double.py", "/tmp/double.py"), "absolute path"),
        (GOOD.replace("<file>double.py", "<file>../double.py"), "leaves the project folder"),
        (GOOD + block("double.py", CODE), "given twice"),
        (GOOD + '<json>{"file_names": ["double.py", "other.py"]}</json>', "lists other.py"),
        (GOOD + "<json>{packages: []}</json>", "not JSON"),
        (GOOD + "<json>[]</json>", "must be an object"),
        (GOOD + '<json>{"packages": "numpy"}</json>', "list of strings"),
        (GOOD + '<json>{"packages": ["-r evil.txt"]}</json>', "not a package name"),
        (GOOD + '<json>{"packages": []}', "not closed"),
    ],
)
def test_a_draft_that_could_prove_nothing_is_refused_with_what_to_mend(reply: str, complaint: str) -> None:
    with pytest.raises(Unparseable) as caught:
        parse(reply)
    assert complaint in str(caught.value)


def test_a_solution_that_does_not_parse_is_a_draft_to_repair_not_a_bad_reply() -> None:
    assert parse(GOOD.replace("return 2 * x", "return 2 *")).files[0].text.endswith("return 2 *\n")


@pytest.mark.parametrize(
    "test",
    [
        "import double\n\ndef test_it():\n    assert double.double(2) == 4",
        "import unittest\nfrom double import double\n\nclass T(unittest.TestCase):\n"
        "    def test_it(self):\n        self.assertEqual(double(2), 4)",
        "import pytest\nfrom double import double\n\ndef test_it():\n    with pytest.raises(TypeError):\n"
        "        double('x', 1)",
    ],
)
def test_tests_may_be_written_in_any_usual_way(test: str) -> None:
    assert len(parse(block("double.py", CODE) + block("tests/test_it.py", test)).tests) == 1


def test_packages_lose_versions_the_standard_library_and_the_solutions_own_modules() -> None:
    packages = '["NumPy>=1.0", "json", "os.path", "double", "requests[socks]==2", "Python", "numpy"]'
    assert parse(f'{GOOD}<json>\n```json\n{{"packages": {packages}}}\n```\n</json>').packages == ("numpy", "requests")


def test_without_a_json_block_there_are_no_packages() -> None:
    assert parse(GOOD).packages == ()


def test_a_json_tag_inside_the_code_is_code() -> None:
    assert parse(GOOD.replace("return 2 * x", "return 2 * x  # <json>oops</json>")).packages == ()
