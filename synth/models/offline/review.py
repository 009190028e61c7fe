"""review_tests: the tests are worked out anew from the question and laid beside those given.

A test whose expected value differs is wrong, the solution is otherwise. Tests that this engine would not have written
are declined: it cannot tell what they should expect.
"""

from synth.models.base import Request
from synth.models.offline.kit import Kit, decline
from synth.models.offline.mistake import differing_tests, same_but_for_values
from synth.models.offline.plan import Program
from synth.models.offline.read import Unreadable, read_plan
from synth.models.offline.repair import code_files
from synth.models.offline.solve import draft_tests, fence_files
from synth.records import CodeFile


def answer_review_tests(request: Request, kit: Kit) -> str:
    """A verdict with its reason, and the corrected files where the tests are wrong; or a decline."""
    question = str(request.inputs["question"])
    try:
        program = Program(read_plan(question, kit.shelf), kit.shelf)
    except Unreadable as unreadable:
        return decline(str(unreadable))
    _, right = draft_tests(program, question)
    expected = {file.path: f"{file.text.rstrip()}\n" for file in right}
    given = code_files(request.inputs["tests"])
    if not all(same_but_for_values(file.text, expected.get(file.path, "")) for file in given):
        return decline("these tests are not of a form whose values could be worked out")
    wrong = [file for file in given if file.text != expected[file.path]]
    if not wrong:
        return _reply("solution", "every value that the tests expect is the one that the task gives")
    names = [f"`{name}`" for file in wrong for name in differing_tests(file.text, expected[file.path])]
    reason = f"what {', '.join(names)} expects is not what the task gives, worked out anew from its rules"
    return _reply("tests", reason) + fence_files([CodeFile(path=file.path, text=expected[file.path]) for file in wrong])


def _reply(blames: str, reason: str) -> str:
    return f"<verdict>{blames}</verdict>\n<reason>{reason}</reason>\n\n"
