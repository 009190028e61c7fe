"""Wrong versions of a solution: what the stub leaves, and what mutants change."""

import ast
import difflib
import random
import textwrap
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.records import CodeFile
from synth.sandbox.mutants import Mutant, mutants, stub
from tests.sandbox.test_canaries import HOSTILE

PRICING = """\
LIMIT = 10  # größe
def price(items, rate=0.5):
    '''The price.'''
    total = 0
    for item in items:
        if item is None:
            continue
        if not item.ok and item.size >= LIMIT:
            raise ValueError(f"too large: {item.size + 1}")
        total += item.size * rate
        print("seen")
        item.mark()
    return total

class Cart:
    '''A cart.'''
    size: int = 0
    def __init__(self):
        self.items = []
    @property
    def last(self): return self.items[1:-1]

    async def wait(self):
        await something()
        return True

    def walk(self):
        yield from self.items
double = lambda x: x * 2
if __name__ == "__main__":
    main(3)
"""
STUBBED = """\
LIMIT = 10  # größe
def price(items, rate=0.5):
    return None

class Cart:
    '''A cart.'''
    size: int = 0
    def __init__(self):
        pass
    @property
    def last(self): return None

    async def wait(self):
        return None

    def walk(self):
        return None
double = lambda x: None
if __name__ == "__main__":
    main(3)
"""


def files_of(text: str, path: str = "pricing.py") -> tuple[CodeFile, ...]:
    """A solution of one file."""
    return (CodeFile(path=path, text=text),)


def all_mutants(text: str) -> list[Mutant]:
    """Every mutant of one file."""
    return mutants(files_of(textwrap.dedent(text)), 1000, random.Random(0))


def changes(text: str) -> set[str]:
    """What every mutant of one file changes, without the place."""
    return {mutant.what.partition(" ")[2] for mutant in all_mutants(text)}


def test_a_stub_keeps_names_and_constants_and_does_nothing() -> None:
    stubbed = stub((*files_of(PRICING), CodeFile(path="data.txt", text="def f(): return 1")))
    assert stubbed is not None
    assert [file.text for file in stubbed] == [STUBBED, "def f(): return 1"]


@pytest.mark.parametrize("text", ["", "X = 1\n", "def f():\n    '''Words.'''\n", "def f(): pass\n", "def f(: pass\n"])
def test_there_is_no_stub_of_what_does_nothing(text: str) -> None:
    assert stub(files_of(text)) is None


def test_line_ends_marks_and_odd_letters_stay() -> None:
    text = "\ufeff# é\r\ndef größe(x):\r\n    é = 'ü'; return é + x\r\nY = 'é'\r\n"
    stubbed = stub(files_of(text))
    assert stubbed is not None
    assert stubbed[0].text == "\ufeff# é\r\ndef größe(x):\r\n    return None\r\nY = 'é'\r\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("def f(a, b): return a < b", {"`<` became `<=`", "`a < b` became `None`"}),
        ("def f(a): return (a) + 1", {"`+` became `-`", "`1` became `2`", "`1` became `0`", "`(a) + 1` became `None`"}),
        ("def f(a, b): x = a and not b", {"`and` became `or`", "`not` was left out"}),
        ("def f(a): return 'x' % a", {"`'x' % a` became `None`"}),
        ("def f(a):\n    while True: break", {"`True` became `False`", "`break` became `continue`"}),
        ("def f(a):\n    a += g", {"`+=` became `-=`"}),
        ("def f(a):\n    g(a)\n    print(a)\n    self.log.info(a)", {"`g(a)` became `pass`"}),
        ("def f(a, n): x = a[n:]", {"`n` was left out"}),
        ("def f(a: X = 2 ** y) -> 3: pass", set()),
        ("RATE = 0.5", {"`0.5` became `1.5`", "`0.5` became `-0.5`"}),
        ("def f(a): x = f'{a + 1}'", set()),
        (
            "def f(a):\n    '''1'''\n    if a not  in b: pass",
            {"`not in` became `in`", "`a not in b` became `not (a not in b)`"},
        ),
    ],
)
def test_classic_changes_are_made(text: str, expected: set[str]) -> None:
    assert changes(text) == expected


def test_each_mutant_changes_one_place_and_says_which() -> None:
    found = all_mutants(PRICING)
    assert len(found) > 15
    assert len({mutant.files for mutant in found}) == len(found)
    for mutant in found:
        text = mutant.files[0].text
        ast.parse(text)
        old, new = PRICING.splitlines(), text.splitlines()
        changed = [n for n, pair in enumerate(zip(old, new, strict=True), start=1) if pair[0] != pair[1]]
        assert mutant.what.startswith(f"pricing.py:{changed[0]} `"), mutant.what
        assert len(changed) == 1
        assert "__main__" in text
        assert difflib.SequenceMatcher(None, PRICING, text).ratio() > 0.9


def test_mutants_are_spread_over_functions_and_files() -> None:
    long = "def f(a):\n" + "    a = a + 1\n" * 50 + "def g(a):\n    return a < 1\n"
    files = (*files_of(long, "one.py"), *files_of("def h(a):\n    return a - 1\n", "two.py"))
    found = mutants(files, 3, random.Random(5))
    places = {mutant.what.partition(" ")[0] for mutant in found}
    assert {"one.py:53", "two.py:2"} < places
    assert mutants(files, 3, random.Random(5)) == found
    assert mutants(files, 0, random.Random(5)) == []


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(sorted((Path(__file__).parents[2] / "synth").rglob("*.py"))), st.integers(0, 1000))
def test_real_modules_give_mutants_and_stubs_that_parse(path: Path, seed: int) -> None:
    files = files_of(path.read_text(encoding="utf-8"))
    found = mutants(files, 5, random.Random(seed))
    for mutant in found:
        assert ast.dump(ast.parse(mutant.files[0].text)) != ast.dump(ast.parse(files[0].text)), mutant.what
    stubbed = stub(files)
    if stubbed is not None:
        ast.parse(stubbed[0].text)
        assert stub(stubbed) is None


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_text_does_no_harm(text: str) -> None:
    files = (CodeFile.model_construct(path="a.py", text=text),)
    stub(files)
    mutants(files, 3, random.Random(0))
