"""Loads hostile and honest programs from their files, and makes jobs of them.

A case is one file. It begins with lines `# key: value`; a line `# --- PATH` begins another file of the same program.
Keys: `tries` (what it wants), `outcomes` (those allowed, default `passed`), `limits` (`name=value ...`), `times` (how
often it runs, one after another), `within` (seconds after which it must be over), `base` (`right` where a forging
program is wrong only in what it defines itself), `styles` (of tests that it does not fulfil; default all), `grade` (of
an honest program where it may be judged apart), `packages` (that an honest program says it needs), `suites` (of
`GUESSED`, for a guessing program, with commas).
"""

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from synth.records import CodeFile
from synth.sandbox.base import Job, Limits, Script

Work = Job | Script
HOSTILE = Path(__file__).parent / "hostile"
HONEST = Path(__file__).parent / "honest"
SHORT = Limits(wall_seconds=4, cpu_seconds=4)
"""Enough for every program that is not meant to run into a limit, and soon over for those that are."""
GOT = "GOT"
"""What a program prints when its attack worked."""
TRIED = "TRIED"
"""What a program prints when it has tried everything."""

_WRONG = """\
def total(numbers):
    return 41
def label(name):
    return "wrong"
def evens(numbers):
    return [1]
def halve(number):
    return number
"""
"""What every forging program begins with: a solution that fails each of the tests below."""

RIGHT = """\
def total(numbers):
    return sum(numbers)
def label(name):
    return f"<{name}>"
def evens(numbers):
    return [number for number in numbers if number % 2 == 0]
def halve(number):
    if number % 2:
        raise ValueError("odd")
    return number // 2
"""

FUNCTIONS = """\
import pytest
from solution import evens, halve, label, total

def test_total():
    assert total([1, 2, 3]) == 6
    assert total([]) == 0
    assert total([10, 5]) == 15

def test_label():
    assert label("ab") == "<ab>"
    assert label("") == "<>"

@pytest.mark.parametrize(("numbers", "expected"), [([1, 2, 3, 4], [2, 4]), ([7], []), ([8], [8])])
def test_evens(numbers, expected):
    assert evens(numbers) == expected

def test_halve():
    with pytest.raises(ValueError):
        halve(3)
    assert halve(8) == 4
"""

UNITS = """\
import unittest
from solution import evens, halve, label, total

class Units(unittest.TestCase):
    def setUp(self):
        self.numbers = [4, 5, 6]

    def test_total(self):
        self.assertEqual(total(self.numbers), 15)

    def test_label(self):
        self.assertEqual(label("x"), "<x>")
        self.assertTrue(label("y").startswith("<y"))

    def test_evens(self):
        self.assertEqual(evens(self.numbers), [4, 6])

    def test_halve(self):
        self.assertEqual(halve(10), 5)
        self.assertRaises(ValueError, halve, 7)
"""

FIXTURES = """\
import pytest
from solution import evens, label, total

@pytest.fixture
def numbers(tmp_path):
    (tmp_path / "numbers").write_text("1 2 3 4")
    return [int(word) for word in (tmp_path / "numbers").read_text().split()]

def test_total(numbers):
    assert total(numbers) == 10

def test_label(capsys):
    print(label("z"))
    assert capsys.readouterr().out == "<z>\\n"

def test_evens(numbers):
    result = evens(numbers)
    assert isinstance(result, list)
    assert result == [2, 4]
"""

OWN_FIXTURES = """\
import pytest
from solution import evens, halve, label, total

@pytest.fixture(scope="module")
def numbers():
    yield [1, 2, 3, 4]

@pytest.fixture(params=["z", "ab"])
def name(request):
    return label(request.param), request.param

@pytest.fixture(autouse=True)
def half():
    assert halve(4) == 2

def test_total(numbers):
    assert total(numbers) == 10

def test_label(name):
    said, asked = name
    assert said == f"<{asked}>"

class TestEvens:
    @pytest.fixture
    def found(self, numbers):
        return evens(numbers)

    def test_evens(self, found):
        assert isinstance(found, list)
        assert found == [2, 4]
"""

SCRIPT = """\
from solution import evens, halve, label, total

assert total([1, 2]) == 3
assert label("q") == "<q>"
assert evens([1, 2]) == [2]
try:
    halve(1)
except ValueError:
    pass
else:
    raise AssertionError("no error")
assert halve(6) == 3
"""

GUESSED = {
    "one test": """\
from solution import total
def test_total():
    assert total([4, 5]) == 9
""",
    "two tests": """\
from solution import label, total
def test_total():
    assert total([4, 5]) == 9
def test_label():
    assert label("ab") == "<ab>"
""",
    "values": """\
from solution import evens, label, total
def test_total():
    assert total([4, 5]) == 9
def test_label():
    assert label("ab") == "<ab>"
def test_evens():
    assert evens([1, 2, 3, 4]) == [2, 4]
""",
    "conditions": """\
from solution import evens, label, total
def test_total():
    assert total([1, 2]) > 2
def test_label():
    assert "ab" in label("ab")
def test_evens():
    assert isinstance(evens([1, 2]), list)
def test_no_evens():
    assert len(evens([1])) == len([])
""",
    "loops": """\
from solution import evens, label, total
def test_total():
    for numbers in cases():
        assert total(numbers) == sum(numbers)
def test_label():
    for name in ("a", "b", "c"):
        if name:
            assert label(name) == "<" + name + ">"
def test_evens():
    for number in evens(list(range(10))):
        assert number in (0, 2, 4, 6, 8)
def cases():
    return [[1, 2], [], [5]]
""",
    "errors": """\
import pytest
from solution import halve
def test_odd():
    with pytest.raises(ValueError):
        halve(3)
def test_other():
    with pytest.raises(ValueError):
        halve(5)
def test_even():
    assert halve(8) == 4
""",
}
"""Suites of one file, `test_it.py`, for forgers that guess which of the tests are altered."""

STYLES: Mapping[str, tuple[Mapping[str, str], bool]] = {
    "apart": ({"test_functions.py": FUNCTIONS, "test_units.py": UNITS}, True),
    "functions": ({"test_functions.py": FUNCTIONS}, False),
    "units": ({"test_units.py": UNITS}, False),
    "fixtures": ({"test_fixtures.py": FIXTURES}, True),
    "fixtures apart": ({"test_own.py": OWN_FIXTURES}, True),
    "script": ({"test_script.py": SCRIPT}, False),
    "script apart": ({"test_script.py": SCRIPT}, True),
}
"""Test files, and whether they may be judged apart."""


@dataclass(frozen=True)
class Case:
    """One program."""

    name: str
    """Its path without ending, below the folder of its kind; the first part is its class."""
    keys: Mapping[str, str]
    files: Mapping[str, str]
    """By path; `""` is the one whose name depends on the use."""

    @property
    def outcomes(self) -> set[str]:
        """Those that are right."""
        return set(self.keys.get("outcomes", "passed").split())

    @property
    def styles(self) -> list[str]:
        """Styles of tests that a forging program does not fulfil."""
        return self.keys["styles"].split() if "styles" in self.keys else list(STYLES)

    @property
    def suites(self) -> list[str]:
        """Suites of `GUESSED` in which a guessing program might tell what is altered."""
        return self.keys.get("suites", "").split(", ")

    @property
    def times(self) -> int:
        """How often it is run."""
        return int(self.keys.get("times", "1"))

    @cached_property
    def limits(self) -> Limits:
        """Short ones, but for those that the case names."""
        given = dict(word.split("=") for word in self.keys.get("limits", "").split())
        changes = {name: type(getattr(SHORT, name))(value) for name, value in given.items()}
        return replace(SHORT, **changes)

    @property
    def within(self) -> float:
        """Seconds after which it must be over, whatever it did: its wall time, and a second for ending it."""
        return float(self.keys.get("within", self.limits.wall_seconds + 1))

    def named(self, main: str) -> tuple[CodeFile, ...]:
        """Its files, the one without a name as `main`."""
        return tuple(CodeFile(path=path or main, text=text) for path, text in self.files.items())


@dataclass(frozen=True)
class Folder:
    """All cases below one folder, without the files of its root, which all share."""

    root: Path
    cases: dict[str, Case] = field(init=False)

    def __post_init__(self) -> None:
        """Read them."""
        paths = sorted(path for path in self.root.rglob("*.py") if path.parent != self.root)
        cases = [_load(path, path.relative_to(self.root).with_suffix("").as_posix()) for path in paths]
        object.__setattr__(self, "cases", {case.name: case for case in cases})

    def of(self, *classes: str) -> list[str]:
        """Names of the cases of these classes."""
        return [name for name in self.cases if name.startswith(tuple(f"{each}/" for each in classes))]

    def but(self, *classes: str) -> list[str]:
        """Names of the cases of all other classes."""
        without = set(self.of(*classes))
        return [name for name in self.cases if name not in without]


def program(case: Case) -> Script:
    """A program that is to be contained, run by itself."""
    return Script((*case.named("program.py"), *shared("attack.py")), "program.py", limits=case.limits)


def as_tests(case: Case) -> Job:
    """The same program as a test file, which passes where it comes to its end."""
    text = f"{case.files['']}\ndef test_here():\n    assert 1 + 1 == 2\n"
    return Job(shared("attack.py"), (CodeFile(path="test_program.py", text=text),), limits=case.limits)


def as_solution(case: Case) -> Job:
    """The same program as a solution, which is judged apart."""
    files = (*case.named("program.py"), *shared("attack.py"))
    solution = CodeFile(path="solution.py", text="import program\ndef f():\n    return 1\n")
    test = CodeFile(path="test_it.py", text="from solution import f\ndef test_f():\n    assert f() == 1\n")
    return Job((*files, solution), (test,), limits=case.limits)


def forgery(case: Case, style: str) -> Job:
    """A forging program and the tests of one style, which it does not fulfil."""
    files = {path or "solution.py": text for path, text in case.files.items()}
    base = RIGHT if case.keys.get("base") == "right" else _WRONG
    files["solution.py"] = base + files["solution.py"]
    solution = tuple(CodeFile(path=path, text=text) for path, text in files.items())
    return judged((*solution, *shared("cheat.py")), style, case.limits)


def judged(files: Sequence[CodeFile], style: str, limits: Limits = SHORT) -> Job:
    """Any solution, and the tests of one style."""
    texts, apart = STYLES[style]
    tests = tuple(CodeFile(path=path, text=text) for path, text in texts.items())
    return Job(tuple(files), tests, limits=limits, apart=apart)


def guess(case: Case, suite: str) -> Job:
    """A guessing program and one of the suites for them, judged in one process."""
    solution = CodeFile(path="solution.py", text=_WRONG + case.files[""])
    return Job(
        (solution, *shared("cheat.py")), (CodeFile(path="test_it.py", text=GUESSED[suite]),), limits=SHORT, apart=False
    )


def honest(case: Case, apart: bool) -> Job:
    """An honest program: `solution.py` unless it names its files; those named like tests are its tests."""
    files = [file for file in case.named("solution.py") if file.text.strip() or file.path != "solution.py"]
    tests = [file for file in files if _is_test(file.path)]
    rest = [file for file in files if not _is_test(file.path)]
    packages = tuple(case.keys.get("packages", "").split())
    limits = Limits() if "limits" not in case.keys else case.limits
    return Job(tuple(rest), tuple(tests), packages, limits, apart=apart, order=None)


def mixed(hostile: Folder, jobs: int, seed: int) -> list[tuple[str, Work, set[str] | None]]:
    """Jobs in random order, a third of them hostile.

    With each the outcomes that are right: none named means any, and None means any but `passed`.
    """
    chance = random.Random(seed)
    quick = replace(SHORT, wall_seconds=1, cpu_seconds=1, memory_mb=256)
    contain = [hostile.cases[name] for name in hostile.but("forging", "guessing", "persistence")]
    forging = [hostile.cases[name] for name in hostile.of("forging") if not name.startswith("forging/adaptive")]
    right = (CodeFile(path="solution.py", text=RIGHT),)
    wrong = (CodeFile(path="solution.py", text=_WRONG),)
    made: list[tuple[str, Work, set[str] | None]] = []
    for number in range(jobs):
        style = chance.choice(list(STYLES))
        if number % 6 == 0:
            case = chance.choice(contain)
            made.append((case.name, replace(program(case), limits=quick), set()))
        elif number % 6 == 1:
            case = chance.choice(forging)
            style = chance.choice(case.styles)
            made.append((f"{case.name} {style}", replace(forgery(case, style), limits=quick), None))
        elif number % 6 == 2:
            made.append((f"wrong {style}", judged(wrong, style), {"failed"}))
        elif number % 6 == 3:
            text = f"print({number})\nassert sum(range({number})) == {number * (number - 1) // 2}\n"
            made.append((f"prints {number}", Script((CodeFile(path="a.py", text=text),), "a.py"), {"passed"}))
        else:
            made.append((f"right {style}", judged(right, style), {"passed"}))
    chance.shuffle(made)
    return made


def shared(name: str) -> tuple[CodeFile, ...]:
    """A file that all hostile programs may import."""
    return (CodeFile(path=name, text=(HOSTILE / name).read_text(encoding="utf-8")),)


def _is_test(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(("test_", "conftest")) or path.startswith("tests/")


def _load(path: Path, name: str) -> Case:
    keys: dict[str, str] = {}
    parts: dict[str, list[str]] = {"": []}
    at = ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("# --- "):
            at = line.removeprefix("# --- ").strip()
            parts[at] = []
        elif line.startswith("# ") and ": " in line and not any(parts.values()) and len(parts) == 1:
            key, _, value = line.removeprefix("# ").partition(": ")
            keys[key] = value
        else:
            parts[at].append(line)
    return Case(name, keys, {at: "\n".join(lines) + "\n" for at, lines in parts.items()})
