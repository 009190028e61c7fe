"""repair_solution: the error names what failed; the mistake is found in that function's text and undone (A.5.3).

One function a round: the first that the error names. Where the error names nothing it knows, it declines.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.models.base import Request
from synth.models.offline.blocks import Flaw
from synth.models.offline.kit import Kit, decline
from synth.models.offline.plan import Program
from synth.models.offline.read import Unreadable, read_plan
from synth.models.offline.solve import fence_files
from synth.records import CodeFile

_TEST = re.compile(r"\btest_\w+")
_TELLING = re.compile(r"assert |Error\b|DID NOT RAISE|not raised")
_CONTEXT = (1, 2, 3, 4, 5, 6, 0)
"""Lines around a mistake to know its place by, in the order tried; none only for one at the edge of its code."""
_LONGEST_EVIDENCE = 160


@dataclass(frozen=True, slots=True)
class Evidence:
    """A function that the error speaks of, and the words that say so."""

    function: str
    words: str


def answer_repair_solution(request: Request, kit: Kit) -> str:
    """The changed file and a note, or a decline."""
    inputs = request.inputs
    try:
        program = Program(read_plan(str(inputs["question"]), kit.shelf), kit.shelf)
    except Unreadable as unreadable:
        return decline(str(unreadable))
    found = list(find_evidence(program, code_files(inputs["tests"]), str(inputs["error"])))
    return _mend(program, code_files(inputs["files"]), found) or decline(_nothing_found(found))


def _mend(program: Program, files: Sequence[CodeFile], found: Sequence[Evidence]) -> str:
    """The reply that takes back the first known mistake of a function in `found`; empty where there is none."""
    for evidence in found:
        home = f"{program.home(evidence.function)}.py"
        text = next((file.text for file in files if file.path == home), "")
        for flaw in program.flaws(evidence.function):
            mended = undo_flaw(text, program.pieces[evidence.function], flaw)
            if mended is not None:
                note = f"{flaw.kind} in `{evidence.function}` ({home}): {evidence.words}"
                return f"{fence_files([CodeFile(path=home, text=mended)])}\n<note>{note}</note>\n"
    return ""


def _nothing_found(found: Sequence[Evidence]) -> str:
    names = ", ".join(dict.fromkeys(evidence.function for evidence in found))
    return f"the error points to {names or 'no function of this program'}, and no known mistake is there"


def find_evidence(program: Program, tests: Sequence[CodeFile], error: str) -> Iterator[Evidence]:
    """The functions that the error speaks of, in its order: called in a failed test, or named in a message.

    A join is followed by the functions that it calls, for the mistake may be in one of them.
    """
    bodies = _test_bodies(tests)
    failed = [name for name in dict.fromkeys(_TEST.findall(error)) if name in bodies]
    for test in failed:
        for function in _named(program, bodies[test]):
            yield from _with_uses(program, Evidence(function, f"{test} failed, {_quote(error, test)}"))
    for function in _named(program, error):
        yield from _with_uses(program, Evidence(function, _quote(error, function)))


def undo_flaw(text: str, correct: str, flaw: Flaw) -> str | None:
    """`text` with the mistake taken back; None where it is not there, at one place and with its surroundings."""
    right = correct.splitlines()
    wrong = correct.replace(flaw.find, flaw.replace, 1).splitlines()
    before, after = _common(right, wrong)
    lines = text.splitlines()
    for extra in _CONTEXT:
        start = max(0, before - extra)
        end = max(0, after - extra)
        flawed = wrong[start : len(wrong) - end]
        mended = right[start : len(right) - end]
        if flawed and len(places := _places(lines, flawed)) == 1 and not _places(lines, mended):
            place = places[0]
            return "\n".join([*lines[:place], *mended, *lines[place + len(flawed) :]]) + "\n"
    return None


def _common(first: Sequence[str], second: Sequence[str]) -> tuple[int, int]:
    """How many lines two texts share at the start, and then at the end."""
    shorter = min(len(first), len(second))
    before = next((n for n in range(shorter) if first[n] != second[n]), shorter)
    after = next((n for n in range(shorter - before) if first[-1 - n] != second[-1 - n]), shorter - before)
    return before, after


def _places(lines: Sequence[str], wanted: Sequence[str]) -> list[int]:
    size = len(wanted)
    return [place for place in range(len(lines) - size + 1) if list(lines[place : place + size]) == list(wanted)]


def _with_uses(program: Program, evidence: Evidence) -> Iterator[Evidence]:
    yield evidence
    for join in program.plan.joins:
        if join.function == evidence.function:
            for name in join.uses:
                yield from _with_uses(program, Evidence(name, evidence.words))


def _test_bodies(tests: Sequence[CodeFile]) -> dict[str, str]:
    bodies: dict[str, str] = {}
    for test in tests:
        try:
            tree = ast.parse(test.text)
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                bodies[node.name] = ast.unparse(node)
    return bodies


def _named(program: Program, text: str) -> list[str]:
    """Entry functions named as whole words, in the order of the text; `test_` names are not words of theirs."""
    known = set(program.plan.functions)
    return [word for word in dict.fromkeys(re.findall(r"\b[A-Za-z_]\w*", text)) if word in known]


def _quote(error: str, name: str) -> str:
    """The line of the error that tells most about `name`: pytest's own verdict, else one that asserts or raises."""
    lines = error[max(0, error.find(name)) :].splitlines()
    verdicts = [line[1:] for line in lines if line.startswith("E  ")]
    told = next((line for line in (*verdicts, *lines) if _TELLING.search(line)), lines[0])
    return f"`{told.strip(' >')[:_LONGEST_EVIDENCE]}`"


def code_files(value: object) -> list[CodeFile]:
    """Files as a prompt's inputs carry them."""
    return [CodeFile.model_validate(item) for item in value] if isinstance(value, list | tuple) else []
