"""Tests judged apart see what they would see in one process: the same expressions, run both ways."""

# ruff: noqa: E501 - one expression a line

import importlib
import sys
from pathlib import Path

import pytest

from tests.sandbox.apart_pair import apart

SOLUTION = """
import enum, collections, contextlib, dataclasses, functools, abc, typing
from decimal import Decimal

def same(x): return x
def add(a, b=2, *rest, c=3, **more): return (a, b, rest, c, more)
def grow(items): items.append(len(items)); return items
def sort(items): items.sort()
def swap(table): table["a"], table["b"] = table["b"], table["a"]; return None
def both(): x = [1]; return x, x, {"x": x}
def cycle(): x = []; x.append(x); return x
def apply(f, *a): return f(*a)
def guard(f):
    try: return f()
    except ValueError as e: return "caught " + str(e)
def again(f):
    try: f()
    except Exception: raise
def wrapped(f):
    @functools.wraps(f)
    def inner(*a): return f(*a) * 2
    return inner
def fail(): raise ValueError("bad", 3)
class Short(Exception):
    def __init__(self, need, have):
        super().__init__(f"need {need}, have {have}"); self.need = need; self.have = have
class Shorter(Short, KeyError): pass
def short(): raise Short(5, 3)
def chained():
    try: {}["k"]
    except KeyError as e: raise RuntimeError("no k") from e
def stop(): raise StopIteration
def count(n):
    got = None
    for i in range(n): got = yield i if got is None else got
    return "end"
class Account:
    "An account."
    bank = "B"; made = 0
    def __init__(self, owner, balance=0):
        self.owner = owner; self._balance = balance; self.log = []; Account.made += 1
    @property
    def balance(self): return self._balance
    @balance.setter
    def balance(self, v):
        if v < 0: raise ValueError("negative")
        self._balance = v
    def pay(self, x): self._balance += x; self.log.append(x); return self
    @classmethod
    def open(cls, owner): return cls(owner, 10)
    @staticmethod
    def fee(x): return x / 100
    def __len__(self): return len(self.log)
    def __getitem__(self, i): return self.log[i]
    def __contains__(self, x): return x in self.log
    def __repr__(self): return f"Account({self.owner!r})"
    def __enter__(self): return self
    def __exit__(self, k, e, t): self.left = k and k.__name__; return k is KeyError
    def __call__(self, x): return x + self._balance
    def __bool__(self): return self._balance > 0
class Savings(Account):
    rate = 2
    def pay(self, x): return super().pay(x * self.rate)
class Vector:
    def __init__(self, x): self.x = x
    def __add__(self, o): return Vector(self.x + o.x) if isinstance(o, Vector) else NotImplemented
    def __sub__(self, o): return Vector(self.x - o.x)
    def __mul__(self, k): return Vector(self.x * k)
    __rmul__ = __mul__
    def __iadd__(self, o): self.x += o.x; return self
    def __neg__(self): return Vector(-self.x)
    def __abs__(self): return abs(self.x)
    def __float__(self): return float(self.x)
    def __iter__(self): return iter([self.x, self.x])
class Color(enum.Enum):
    RED = 1; BLUE = 2
    def label(self): return self.name.lower()
class Level(enum.IntEnum):
    LOW = 1; HIGH = 2
class Kind(str, enum.Enum):
    A = "a"
class Perm(enum.Flag):
    R = 1; W = 2
Point = collections.namedtuple("Point", "x y")
class Pair(typing.NamedTuple):
    left: int
    right: Point
class Stack(list):
    def push(self, x): self.append(x)
    def peek(self): return self[-1]
class Bag(dict):
    def __missing__(self, k): return 0
class Celsius(float):
    def warm(self): return Celsius(self + 1)
class Shape(abc.ABC):
    @abc.abstractmethod
    def area(self): ...
class Square(Shape):
    def __init__(self, a): self.a = a
    def area(self): return self.a ** 2
T = typing.TypeVar("T")
class Box(typing.Generic[T]):
    def __init__(self): self.items = []
    def put(self, x: T) -> None: self.items.append(x)
class Node:
    def __init__(self, value, next=None): self.value = value; self.next = next
class Bus:
    def __init__(self): self.handlers = []
    def on(self, h): self.handlers.append(h)
    def off(self, h): self.handlers.remove(h)
    def emit(self, *a): return [h(*a) for h in self.handlers]
class Service:
    def __init__(self, config): self.config = config
    def get(self, k): return self.config.get(k)
    def set(self, k, v): self.config[k] = v
@contextlib.contextmanager
def managed(log):
    log.append("in")
    try: yield "value"
    finally: log.append("out")
@functools.lru_cache
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def arity(f):
    import inspect
    return len(inspect.signature(f).parameters)
PI = 3.14
TABLE = {"a": [1, 2]}
"""

EXPRESSIONS = """
s.add(1), s.add(1, 2, 3, c=4, d=5)
s.both()[0] is s.both()[1]
(lambda t: t[0] is t[1] is t[2]["x"])(s.both())
(lambda x: s.same(x) is x)([1])
(lambda x: (s.grow(x), s.grow(x), x))([])
(lambda x: (s.sort(x), x))([3, 1, 2])
(lambda d: (s.swap(d), d))({"a": 1, "b": [2]})
(lambda c: c[0] is c)(s.cycle())
s.apply(lambda a, b: a * b, 6, 7), s.apply(len, "abc"), s.apply(sorted, [2, 1]), s.apply(str.upper, "x"), s.apply(int, "4")
s.guard(lambda: int("x")), s.guard(lambda: 4)
s.wrapped(lambda x: x + 1)(4), s.wrapped(lambda x: 1).__name__
raised(s.fail), raised(s.short), raised(s.chained), raised(lambda: s.add())
raised(lambda: s.again(lambda: 1 / 0)), raised(lambda: s.again(s.fail))
isinstance(caught(s.short), Exception), caught(s.short).need, caught(s.short).have, type(caught(s.short)).__name__
isinstance(caught(s.chained).__cause__, KeyError), caught(s.chained).__cause__.args
issubclass(s.Shorter, KeyError), issubclass(s.Shorter, s.Short), issubclass(s.Short, ValueError), s.Short.__name__
str(s.Short(1, 2)), raised(lambda: throw(s.Short(1, 2)))
list(s.count(3)), next(s.count(2)), raised(lambda: next(s.count(0))), hasattr(s.count(1), "send")
(lambda g: (next(g), g.send("x"), g.close()))(s.count(5))
(lambda a: (a.owner, a.balance, a.pay(5) is a, a.balance, a.log, len(a), a[0], 5 in a, 6 in a, repr(a), str(a), bool(a)))(s.Account("o"))
(lambda a: (setattr(a, "balance", 4), a.balance, raised(lambda: setattr(a, "balance", -1))))(s.Account("o"))
raised(lambda: s.Account("o").nothing), raised(lambda: s.Account()), s.Account.bank, s.Account.fee(5), s.Account.open("x").balance
(lambda a: (a.extra if hasattr(a, "extra") else 0, setattr(a, "extra", [1]), a.extra, delattr(a, "extra"), hasattr(a, "extra")))(s.Account("o"))
isinstance(s.Savings("x"), s.Account), issubclass(s.Savings, s.Account), type(s.Savings("x")) is s.Savings, s.Savings("x").pay(2).balance
s.Account("a") == s.Account("a"), s.Account("a") != 3, s.Account("a") in [s.Account("a")], len({s.Account("a"), s.Account("a")})
(lambda a: (a == a, a in [a], {a: 1}[a]))(s.Account("a"))
s.Account("a", 5)(1), callable(s.Account("a")), callable(s.fail), callable(s.Color.RED)
managed(s.Account("a")), s.Account.__name__, s.Account.__doc__, s.Account.__mro__[1:-2] == (), s.Account.__module__
(s.Vector(1) + s.Vector(2)).x, (s.Vector(1) - s.Vector(3)).x, (s.Vector(2) * 3).x, (3 * s.Vector(2)).x, (-s.Vector(2)).x
abs(s.Vector(-2)), float(s.Vector(2)), list(s.Vector(4)), tuple(s.Vector(5)), raised(lambda: s.Vector(1) + 5)
(lambda v, w: (v.__iadd__(w) is v, v.x))(s.Vector(1), s.Vector(2))
s.Color.RED == s.Color.RED, s.Color.RED is s.Color.RED, s.Color.RED != s.Color.BLUE, s.Color.RED.name, s.Color.RED.value, s.Color.RED.label()
[c.name for c in s.Color], len(s.Color), s.Color["RED"] is s.Color.RED, s.Color(2) is s.Color.BLUE, raised(lambda: s.Color(9)), s.Color.RED in s.Color
isinstance(s.Color.RED, s.Color), {s.Color.RED: 1}[s.Color.RED], repr(s.Color.RED), str(s.Color.RED), s.Color.RED == 1
s.Level.LOW == 1, s.Level.LOW < s.Level.HIGH, s.Level.HIGH + 1, sorted([s.Level.HIGH, s.Level.LOW])[0] is s.Level.LOW, {1: "x"}[s.Level.LOW]
s.Kind.A == "a", s.Kind.A.value, s.Kind.A.upper(), isinstance(s.Kind.A, str), s.Kind("a") is s.Kind.A
(s.Perm.R | s.Perm.W) is (s.Perm.W | s.Perm.R), s.Perm.R in (s.Perm.R | s.Perm.W), bool(s.Perm.R & s.Perm.W)
s.Point(1, 2) == (1, 2), s.Point(1, 2) == s.Point(1, 2), s.Point(1, 2).x, s.Point(x=3, y=4)._replace(x=9), s.Point(1, 2)._asdict(), s.Point._fields
s.Pair(1, s.Point(2, 3)) == (1, (2, 3)), s.Pair(1, s.Point(2, 3)).right.y, (lambda x, y: x + y)(*s.Point(1, 2)), hash(s.Point(1, 2)) == hash((1, 2))
(lambda k: (k.push(1), k.push(2), k.peek(), list(k), k == [1, 2], len(k), k.pop(), k, isinstance(k, list)))(s.Stack())
(lambda k: (k.append(7), k.peek(), k.__setitem__(0, 8), k.peek(), k.push([9]), k[1].append(0), k.peek()))(s.Stack())
(lambda b: (b["x"], b.get("x"), b.__setitem__("x", 2), b["x"], b == {"x": 2}, dict(b), b.items() == {"x": 2}.items()))(s.Bag())
s.Celsius(3) == 3.0, s.Celsius(3).warm() == 4, isinstance(s.Celsius(3).warm(), s.Celsius), round(s.Celsius(2.5) + 1, 1)
raised(lambda: s.Shape()), s.Square(3).area(), isinstance(s.Square(3), s.Shape), issubclass(s.Square, s.Shape)
(lambda b: (b.put(1), b.items))(s.Box[int]()), s.Box().items
(lambda n: (n.next.value, n.next.next, setattr(n.next, "next", n), n.next.next is n))(s.Node(1, s.Node(2)))
events(s.Bus())
config(s.Service), s.PI, s.TABLE, (s.TABLE["a"].append(3), s.TABLE["a"].pop(), s.TABLE)[2]
inside(s.managed)
s.fib(30), s.fib.cache_info().hits > 0, s.fib.__name__, s.arity(lambda a, b, *c, d=1: 0), s.arity(len)
raised(lambda: s.missing), hasattr(s, "PI"), sorted(x for x in dir(s.Node(1)) if x[0] != "_"), vars(s.Node(1)), s.Node(1).__dict__
[s.same(x) for x in (None, True, 5, 2**70, -0.5, "é\\ud800", b"x", (1, (2,)), {3}, frozenset({4}), range(3), slice(1, 2), ..., 1j)]
(lambda x: s.same(x) is x)(object()), s.same({"a": (1, [2])}), s.same({(1, 2): {3: {4}}}), s.same(ValueError) is ValueError, s.same(int) is int
(lambda deep: s.same(deep) is deep)(nested(400)), s.apply(lambda *a, **k: (a, k), 1), s.apply(s.add, 1), s.apply(s.Node("x").__dict__.get, "value")
""".strip().splitlines()

HELP = """
def raised(f):
    try: f()
    except BaseException as e: return type(e).__name__, str(e), e.args[:1]
def caught(f):
    try: f()
    except BaseException as e: return e
def throw(e): raise e
def nested(n):
    x = []
    for _ in range(n): x = [x]
    return x
def managed(a):
    with a as b: pass
    first = a.left
    with a: raise KeyError("k")
    second = a.left
    try:
        with a: raise ValueError("v")
    except ValueError: return b is a, first, second, a.left
def events(bus):
    seen = []
    f = lambda *a: len(a)
    bus.on(seen.append); bus.on(f)
    r = bus.emit(5)
    bus.off(seen.append)
    return r, seen, bus.emit(6), seen, bus.handlers == [f]
def config(Service):
    c = {"x": 1}; a = Service(c)
    c["x"] = 2; first = a.get("x"); a.set("y", [1]); c["y"].append(2)
    return first, c, a.get("y"), a.config is c
def inside(managed):
    log = []
    with managed(log) as v: log.append(v)
    try:
        with managed(log): raise KeyError("z")
    except KeyError as e: log.append(str(e))
    return log
"""


def told(value: object) -> str:
    return f"{value!r}"


def test_every_expression_gives_what_it_gives_in_one_process(tmp_path: Path) -> None:
    (tmp_path / "sol_one.py").write_text(SOLUTION)
    sys.path.insert(0, str(tmp_path))
    try:
        here = importlib.import_module("sol_one")
    finally:
        sys.path.remove(str(tmp_path))
    names: dict[str, object] = {}
    exec(HELP, names)
    wrong: list[str] = []

    def run() -> None:
        away = importlib.import_module("sol_two")
        for text in EXPRESSIONS:
            expected = told(eval(text, {**names, "s": here})).replace("sol_one", "sol_two")
            found = told(eval(text, {**names, "s": away}))
            if found != expected:
                wrong.append(f"{text}\n  one process: {expected}\n  apart:       {found}")

    report, ended = apart(tmp_path / "away", {"sol_two.py": SOLUTION}, run)
    del sys.modules["sol_one"]
    assert "\n".join(wrong) == ""
    assert (report.failures, report.apart, ended) == ([], None, False)


TOGETHER = {
    "dataclasses that compare": "s.P(1) == s.P(1)",
    "objects that compare": "s.E() == 4",
    "objects that compare with the value first": "4 == s.E()",
    "objects that compare in a list": "[s.E()] == [4]",
    "objects that compare by in": "s.E() in (1, 2)",
    "an int that compares": "s.I(3) == 4",
    "an int that compares from the right": "4 == s.I(3)",
    "an int that subtracts": "abs(s.J(3) - 4) < 1e-9",
    "order of objects": "sorted([s.P(1), s.P(2)])",
    "a class of the tests' own as argument": "s.f(type('Mine', (), {}))",
    "an object of the tests as argument": "s.f(type('Mine', (), {})())",
    "a generator of the tests as argument": "s.f(x for x in [1])",
    "deriving from the solution": "type('Mine', (s.P,), {})",
    "copies": "__import__('copy').deepcopy(s.Q())",
    "pickles": "__import__('pickle').dumps(s.Q())",
    "coroutines": "s.co()",
    "change of the module": "setattr(s, 'x', 1)",
    "a value that is too large": "s.f('x' * 17_000_000)",
    "too many containers": "len(s.many())",
    "fields of a dataclass": "__import__('dataclasses').asdict(s.P(1))",
}


@pytest.mark.parametrize("text", TOGETHER.values(), ids=TOGETHER.keys())
def test_what_cannot_be_judged_apart_says_so(tmp_path: Path, text: str) -> None:
    solution = """
import dataclasses
@dataclasses.dataclass(order=True)
class P:
    x: int
class Q: pass
class E:
    __hash__ = None
    def __eq__(self, o): return True
class I(int):
    def __eq__(self, o): return True
    def __hash__(self): return 4
class J(int):
    def __sub__(self, o): return 0
def f(x): return x
async def co(): return 1
def many(): return [[] for _ in range(6000)]
"""
    report, ended = apart(tmp_path, {"solution.py": solution}, lambda: eval(text, {"s": __import__("solution")}))
    assert report.apart
    assert not ended


def test_packages_submodules_and_star_imports(tmp_path: Path) -> None:
    files = {
        "pack/__init__.py": "from .one import f\nfrom . import one\n",
        "pack/one.py": "def f(): return 1\n_h = 2\n__all__ = ['f']\n",
        "pack/deep/__init__.py": "",
        "pack/deep/two.py": "from ..one import f as g\nclass C: pass\n",
        "plain.py": "import os\nA = 1\n_B = 2\n",
        "broken.py": "def (:\n",
    }

    def run() -> None:
        names: dict[str, object] = {}
        exec(
            "import pack, pack.deep.two as t\nfrom pack.deep import two\nfrom plain import *\nfrom pack.one import *",
            names,
        )
        exec("assert pack.one.f() == 1 and t is two and t.g() == 1 and A == 1 and f() == 1", names)
        assert "_B" not in names
        with pytest.raises(ImportError, match="cannot import name 'nothing'"):
            exec("from plain import nothing")
        with pytest.raises(ModuleNotFoundError, match=r"pack\.no"):
            exec("import pack.no")
        with pytest.raises(SyntaxError):
            exec("import broken")

    report, ended = apart(tmp_path, files, run)
    assert (report.failures, report.apart, ended) == ([], None, False)
