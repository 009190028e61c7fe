"""What the sandbox benchmark runs: small programs, small solutions with three tests, a repository of fifty files."""

from dataclasses import dataclass, replace

from synth.records import CodeFile
from synth.sandbox.base import Job, Script


@dataclass(frozen=True, slots=True)
class Work:
    """One thing to run: a program (`main`), or a solution with its tests."""

    files: tuple[CodeFile, ...]
    tests: tuple[CodeFile, ...] = ()
    main: str = ""

    def script(self) -> Script:
        """As a program for the sandbox."""
        return Script(self.files, self.main)

    def job(self, *, apart: bool) -> Job:
        """As a job for the sandbox; `apart`: wherever the tests allow it."""
        return Job(self.files, self.tests, apart=apart)


_SCRIPTS = (
    "print(sum(number * number for number in range(2_000)))\n",
    "import json\nrows = [{'id': i, 'odd': i % 2 == 1} for i in range(200)]\nprint(len(json.dumps(rows)))\n",
    "import re\ntext = 'a1 b22 c333 ' * 100\nprint(sum(map(int, re.findall(r'\\d+', text))))\n",
    "from collections import Counter\nprint(Counter('the quick brown fox jumps over the lazy dog').most_common(3))\n",
    "def primes(n):\n    sieve = [True] * n\n    for i in range(2, n):\n        if sieve[i]:\n            yield i\n"
    "            for j in range(i * i, n, i):\n                sieve[j] = False\n\n\nprint(sum(primes(5_000)))\n",
    "with open('notes.txt', 'w') as file:\n    file.write('one\\ntwo\\n')\nwith open('notes.txt') as file:\n"
    "    print(file.read().split())\n",
)

_FUNCTIONS = (
    (
        "def merge(intervals):\n    merged = []\n    for low, high in sorted(intervals):\n"
        "        if merged and low <= merged[-1][1]:\n"
        "            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))\n"
        "        else:\n            merged.append((low, high))\n    return merged\n",
        "merge",
        ("merge([(1, 3), (2, 6)])", "[(1, 6)]"),
        ("merge([])", "[]"),
        ("merge([(5, 6), (1, 2)])", "[(1, 2), (5, 6)]"),
    ),
    (
        "_VALUES = {'I': 1, 'V': 5, 'X': 10, 'L': 50, 'C': 100, 'D': 500, 'M': 1000}\n\n\n"
        "def roman(text):\n    total = 0\n    for one, after in zip(text, text[1:] + ' '):\n"
        "        value = _VALUES[one]\n        total += -value if value < _VALUES.get(after, 0) else value\n"
        "    return total\n",
        "roman",
        ("roman('XIV')", "14"),
        ("roman('MCMXCIX')", "1999"),
        ("roman('III')", "3"),
    ),
    (
        "def encode(text):\n    out, count = [], 0\n    for place, sign in enumerate(text):\n        count += 1\n"
        "        if place + 1 == len(text) or text[place + 1] != sign:\n            out.append(f'{sign}{count}')\n"
        "            count = 0\n    return ''.join(out)\n",
        "encode",
        ("encode('aaab')", "'a3b1'"),
        ("encode('')", "''"),
        ("encode('xyz')", "'x1y1z1'"),
    ),
    (
        "import re\n\n\ndef slug(title):\n    return re.sub(r'[^a-z0-9]+', '-', title.lower()).strip('-')\n",
        "slug",
        ("slug('Hello, World!')", "'hello-world'"),
        ("slug('  A  B ')", "'a-b'"),
        ("slug('---')", "''"),
    ),
    (
        "class Stack:\n    def __init__(self):\n        self._items = []\n        self.largest = None\n\n"
        "    def push(self, item):\n        self._items.append(item)\n        self.largest = max(self._items)\n"
        "        return self\n\n    def pop(self):\n        return self._items.pop()\n",
        "Stack",
        ("Stack().push(3).push(2).pop()", "2"),
        ("Stack().push(3).push(2).largest", "3"),
        ("Stack().largest", "None"),
    ),
    (
        "def transpose(rows):\n    if len({len(row) for row in rows}) > 1:\n"
        "        raise ValueError('rows differ in length')\n    return [list(column) for column in zip(*rows)]\n",
        "transpose",
        ("transpose([[1, 2], [3, 4]])", "[[1, 3], [2, 4]]"),
        ("transpose([])", "[]"),
        ("transpose([[1, 2, 3]])", "[[1], [2], [3]]"),
    ),
)

_PANDAS = (
    (
        "import pandas as pd\n\n\ndef totals(rows):\n    frame = pd.DataFrame(rows, columns=['name', 'amount'])\n"
        "    return {name: float(amount) for name, amount in frame.groupby('name')['amount'].sum().items()}\n",
        "totals",
        ("totals([('a', 1.0), ('b', 2.0), ('a', 3.0)])", "{'a': 4.0, 'b': 2.0}"),
        ("totals([])", "{}"),
        ("totals([('x', 0.5)])", "{'x': 0.5}"),
    ),
    (
        "import pandas as pd\n\n\ndef monthly(days, amounts):\n"
        "    series = pd.Series(amounts, index=pd.to_datetime(days))\n"
        "    return [int(each) for each in series.resample('MS').sum()]\n",
        "monthly",
        ("monthly(['2024-01-05', '2024-02-01'], [1, 2])", "[1, 2]"),
        ("monthly(['2024-01-05', '2024-01-09'], [1, 2])", "[3]"),
        ("monthly(['2024-01-05', '2024-03-01'], [1, 2])", "[1, 0, 2]"),
    ),
    (
        "import pandas as pd\n\n\ndef complete(values):\n    return pd.Series(values, dtype=float).ffill().tolist()\n",
        "complete",
        ("complete([1.0, None, 3.0])", "[1.0, 1.0, 3.0]"),
        ("complete([])", "[]"),
        ("complete([2.0, None, None])", "[2.0, 2.0, 2.0]"),
    ),
)
_Case = tuple[str, str, tuple[str, str], tuple[str, str], tuple[str, str]]


def scripts() -> list[Work]:
    """Programs of a few lines that end at once."""
    return [Work((CodeFile(path="main.py", text=text),), main="main.py") for text in _SCRIPTS]


def functions() -> list[Work]:
    """A function or a class in one file, with three tests."""
    return [_with_tests(case) for case in _FUNCTIONS]


def functions_with_fixtures() -> list[Work]:
    """The same, with one of the tests asking for a fixture, so that only pytest itself can run them."""
    return [_with_fixture(work) for work in functions()]


def functions_without_literals() -> list[Work]:
    """The same, expecting what a name stands for: no expectation can be held back."""
    body = "\n    expected = [{1}, {1}]\n    assert {0} == expected[-1]\n"
    return [_with_tests(case, body) for case in _FUNCTIONS]


def pandas_functions() -> list[Work]:
    """A function that uses pandas, with three tests."""
    return [_with_tests(case) for case in _PANDAS]


def repository() -> Work:
    """40 modules in 5 packages, and 10 test files with 72 tests, fixtures and a `conftest.py`."""
    files = [CodeFile(path="shop/__init__.py", text="")]
    for package in range(5):
        files.append(CodeFile(path=f"shop/part{package}/__init__.py", text=_package(package)))
        files += [
            CodeFile(path=f"shop/part{package}/{name}.py", text=_module(package, name)) for name in _names(package)
        ]
    tests = [CodeFile(path="tests/conftest.py", text=_CONFTEST)]
    tests += [
        CodeFile(path=f"tests/test_part{number // 2}_{number % 2}.py", text=_tests(number)) for number in range(10)
    ]
    return Work(tuple(files), tuple(tests))


def _with_tests(case: _Case, body: str = "\n    assert {0} == {1}\n") -> Work:
    text, name, *pairs = case
    tests = "".join(
        f"\n\ndef test_{name.lower()}_{number}():" + body.format(call, expected)
        for number, (call, expected) in enumerate(pairs)
    )
    test_file = CodeFile(path="test_solution.py", text=f"from solution import {name}\n{tests}")
    return Work((CodeFile(path="solution.py", text=text),), (test_file,))


def _with_fixture(work: Work) -> Work:
    head, _, rest = work.tests[0].text.partition("\n\n\n")
    fixture = "@pytest.fixture\ndef limit():\n    return 100\n"
    text = f"import pytest\n\n{head}\n\n\n{fixture}\n\n{rest}".replace("_0():", "_0(limit):\n    assert limit == 100")
    return replace(work, tests=(CodeFile(path="test_solution.py", text=text),))


_NAMES = ("prices", "orders", "stock", "people", "taxes", "routes", "reports")
_TESTS = (8, 6, 8, 7, 7, 7, 8, 7, 7, 7)
"""Of each test file; together 72."""

_CONFTEST = """import pytest

from shop.part0.orders import Orders


@pytest.fixture
def lines():
    return [("pen", 2, 1.5), ("book", 1, 12.0), ("lamp", 3, 20.0)]


@pytest.fixture
def orders(lines):
    made = Orders("first")
    for name, count, price in lines:
        made.add(name, count, price)
    yield made
    made.clear()


@pytest.fixture(scope="module")
def rates():
    return {"home": 0.19, "abroad": 0.0}
"""


def _package(package: int) -> str:
    below = f"from shop.part{package - 1} import VERSION as BELOW\n\n" if package else "BELOW = 0\n"
    return f'"""Part {package}."""\n\n{below}VERSION = {package + 1}\n'


def _names(package: int) -> tuple[str, ...]:
    """The last has one less, which makes 40 with the files of the packages themselves."""
    return _NAMES[:6] if package == 4 else _NAMES


def _module(package: int, module: str) -> str:
    number = _NAMES.index(module)
    before = f"from shop.part{package}.{_NAMES[number - 1]} import scaled as scaled_before\n" if number else ""
    last = "scaled_before(value)" if number else "value"
    name = module.title()
    return f'''"""{name} of part {package}."""

from __future__ import annotations

from dataclasses import dataclass, field
{before}

RATE = {package + number + 1}


@dataclass
class Line:
    """One line."""

    name: str
    count: int
    price: float

    @property
    def total(self) -> float:
        """Count times price."""
        return self.count * self.price


@dataclass
class {name}:
    """Lines by name."""

    title: str
    lines: dict[str, Line] = field(default_factory=dict)

    def add(self, name: str, count: int, price: float) -> Line:
        """Add a line, or to the one of this name."""
        if count < 0:
            raise ValueError("a count is not negative")
        line = self.lines.get(name)
        if line is None:
            line = self.lines[name] = Line(name, 0, price)
        line.count += count
        return line

    def total(self, rate: float = 0.0) -> float:
        """Sum of all lines, with a rate on top."""
        return round(sum(line.total for line in self.lines.values()) * (1 + rate), 2)

    def clear(self) -> None:
        """Forget every line."""
        self.lines.clear()


def scaled(value: float) -> float:
    """The value by this module's rate and those before it."""
    return {last} * RATE


def chain(count: int) -> list[float]:
    """The first `count` values, scaled."""
    return [scaled(value) for value in range(count)]
'''


def _tests(number: int) -> str:
    package = number // 2
    modules = _names(package)[:4] if number % 2 == 0 else _names(package)[3:]
    imports = "".join(f"from shop.part{package} import {name}\n" for name in sorted(modules))
    return f"import pytest\n\n{imports}" + "".join(
        _test(package, modules[place % len(modules)], place) for place in range(_TESTS[number])
    )


def _test(package: int, module: str, place: int) -> str:
    name, held = module.title(), f"test_{module}_{place}"
    factor = 1
    for each in range(_NAMES.index(module) + 1):
        factor *= package + each + 1
    bodies = (
        f"def {held}(lines):\n    held = {module}.{name}('a')\n    for line in lines:\n        held.add(*line)\n"
        "    assert held.total() == 75.0\n    assert sorted(held.lines) == ['book', 'lamp', 'pen']\n",
        f"def {held}():\n    assert {module}.scaled(2) == {2 * factor}\n",
        f"def {held}():\n    held = {module}.{name}('b')\n    with pytest.raises(ValueError):\n"
        "        held.add('pen', -1, 1.0)\n    assert held.lines == {}\n",
        f"def {held}(orders, rates):\n    assert orders.total(rates['home']) == 89.25\n"
        f"    assert {module}.chain(3) == [0, {factor}, {2 * factor}]\n",
    )
    return "\n\n" + bodies[place % len(bodies)]
