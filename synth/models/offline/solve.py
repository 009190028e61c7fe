"""solve_task: from the text of a question alone to files and tests (EpiCoder A.5).

About one first draft in five is wrong in a way that people are wrong, so that repair has something to do. The tests
are those of the correct code, but for three drafts in a hundred, where one of them expects a number that is off: so
that there is something to find for the judge of tests (`review`).
"""

import json
import random
from collections.abc import Sequence

from synth.ids import seed_number
from synth.models.base import Request
from synth.models.offline.blocks import Flaw
from synth.models.offline.files import write_files
from synth.models.offline.kit import Kit, decline
from synth.models.offline.mistake import mistake_one
from synth.models.offline.plan import Program
from synth.models.offline.prove import write_tests
from synth.models.offline.read import Unreadable, read_plan
from synth.records import CodeFile

FLAWED_SHARE = 0.2
"""Of first drafts."""
MISTAKEN_SHARE = 0.03
"""Of first drafts: how often a test is wrong."""
_TWO_FLAWS_SHARE = 0.3
"""Of flawed drafts of several functions: how often two of them are wrong."""


def answer_solve_task(request: Request, kit: Kit) -> str:
    """Files, tests and packages as `prompts/solve_task.md` asks for them, or a decline."""
    question = str(request.inputs["question"])
    try:
        plan = read_plan(question, kit.shelf)
    except Unreadable as error:
        return decline(str(error))
    program = Program(plan, kit.shelf)
    flaws, right = draft_tests(program, question)
    files = write_files(program, flaws)
    chance = random.Random(seed_number("a mistaken test", question))
    tests = mistake_one(right, chance) if chance.random() < MISTAKEN_SHARE else right
    packages = ["pytest"] if any("import pytest" in test.text for test in tests) else []
    listing = {"file_names": [file.path for file in (*files, *tests)], "packages": packages}
    return f"{fence_files((*files, *tests))}\n<json>{json.dumps(listing)}</json>\n"


def draft_tests(program: Program, question: str) -> tuple[dict[str, Flaw], tuple[CodeFile, ...]]:
    """The mistakes of the first draft for a question, and its tests without any."""
    rng = random.Random(seed_number("solve_task", question))
    flaws = draw_flaws(program, rng)
    return flaws, write_tests(program, rng)


def draw_flaws(program: Program, rng: random.Random) -> dict[str, Flaw]:
    """Function -> the mistake that a first draft makes there; empty for most drafts."""
    if rng.random() >= FLAWED_SHARE:
        return {}
    able = [function for function in program.plan.functions if program.flaws(function)]
    count = 2 if rng.random() < _TWO_FLAWS_SHARE else 1
    return {function: rng.choice(program.flaws(function)) for function in rng.sample(able, min(count, len(able)))}


def fence_files(files: Sequence[CodeFile]) -> str:
    """Files as replies carry them: the path in a tag, then the text in a fence."""
    return "\n".join(f"<file>{file.path}</file>\n```python\n{file.text.rstrip()}\n```\n" for file in files)
