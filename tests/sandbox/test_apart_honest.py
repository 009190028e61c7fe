"""Things that honest solutions and their tests do, judged apart."""

# ruff: noqa: ANN001, ANN202, C416, PT009, PT018, PT027, RUF043 - written as tests of solutions are

import collections.abc
import importlib
import json
import operator
from pathlib import Path
from unittest import TestCase

import pytest

from tests.sandbox.apart_pair import apart

SOLUTION = """
import collections.abc, typing, json, logging, itertools, random
class Seq(collections.abc.Sequence):
    def __init__(s,*x): s.x=list(x)
    def __len__(s): return len(s.x)
    def __getitem__(s,i): return s.x[i]
class It:
    def __init__(s): s.n=0
    def __iter__(s): return s
    def __next__(s):
        s.n+=1
        if s.n>3: raise StopIteration
        return s.n
class Desc:
    def __getattr__(s, n): return n*2
class Meta(type):
    reg=[]
    def __new__(m,n,b,d): c=super().__new__(m,n,b,d); m.reg.append(n); return c
class Plug(metaclass=Meta): pass
class P2(Plug): pass
def gen_err():
    yield 1
    raise ValueError("late")
def js(): return json.loads("{bad")
def openf(): return open("/nonexistent/x")
def group(): raise ExceptionGroup("g",[ValueError(1),TypeError(2)])
def deep(n): return 0 if n==0 else 1+deep(n-1)
def retry(f,n,exc):
    for i in range(n):
        try: return f()
        except exc as e: last=e
    raise last
def memo(f):
    cache={}
    def w(*a):
        if a not in cache: cache[a]=f(*a)
        return cache[a]
    w.cache=cache
    return w
def compose(*fs):
    def w(x):
        for f in fs: x=f(x)
        return x
    return w
class Tree:
    def __init__(s): s.root=None
    def add(s,k): s.root=Nd(k,s.root)
class Nd:
    __slots__=("k","nx")
    def __init__(s,k,nx): s.k=k; s.nx=nx
def pred(xs,f): return [x for x in xs if f(x)], sorted(xs,key=f), max(xs,key=lambda x:-x)
def uni(): return "\\u2713", b"\\xff", "\\ud800"
def mixed(): return {1:"a","b":[1,(2,{3})],None:None,(1,2):True}
"""


def test_honest_solutions_pass(tmp_path: Path) -> None:
    def run() -> None:
        s = importlib.import_module("solution")
        q = s.Seq(1, 2, 3)
        assert (
            isinstance(q, collections.abc.Sequence)
            and isinstance(q, collections.abc.Iterable)
            and 2 in q
            and list(q) == [1, 2, 3]
            and q.index(2) == 1
            and q[-1] == 3
            and q[0:2] == [1, 2]
        )
        assert list(reversed(q)) == [3, 2, 1]
        assert (
            list(s.It()) == [1, 2, 3]
            and [x for x in s.It()] == [1, 2, 3]
            and isinstance(s.It(), collections.abc.Iterator)
        )
        assert s.Desc().foo == "foofoo"
        assert s.Meta.reg == ["Plug", "P2"] and issubclass(s.P2, s.Plug) and s.P2.reg == ["Plug", "P2"]
        g = s.gen_err()
        assert next(g) == 1
        with pytest.raises(ValueError, match="^late$"):
            next(g)
        with pytest.raises(json.JSONDecodeError) as e:
            s.js()
        assert e.value.pos == 1
        with pytest.raises(FileNotFoundError, match="nonexistent") as e:
            s.openf()
        assert e.value.errno == 2 and e.value.filename == "/nonexistent/x"
        with pytest.raises(ExceptionGroup) as e:
            s.group()
        assert [type(x) for x in e.value.exceptions] == [ValueError, TypeError]
        assert s.deep(900) == 900
        with pytest.raises(RecursionError):
            s.deep(10**6)
        n = []

        def flaky():
            n.append(1)
            if len(n) < 3:
                raise OSError(5, "io")
            return "ok"

        assert s.retry(flaky, 5, (OSError, ValueError)) == "ok" and len(n) == 3

        class Mine(Exception):
            pass

        def bad():
            raise Mine("x", 1)

        with pytest.raises(Mine) as e:
            s.retry(bad, 2, Exception)
        assert e.value.args == ("x", 1)
        calls = []

        @s.memo
        def sq(x):
            calls.append(x)
            return x * x

        assert sq(3) == 9 and sq(3) == 9 and calls == [3] and sq.cache == {(3,): 9}
        assert s.compose(str.strip, int, lambda x: x + 1)(" 4 ") == 5
        t = s.Tree()
        t.add(1)
        t.add(2)
        assert t.root.k == 2 and t.root.nx.k == 1 and t.root.nx.nx is None
        assert s.pred([3, 1, 2], lambda x: x > 1) == ([3, 2], [1, 3, 2], 1)
        assert s.compose(operator.itemgetter(0), s.memo(lambda x: x))([7]) == 7
        assert s.uni() == ("\u2713", b"\xff", "\ud800")
        assert s.mixed() == {1: "a", "b": [1, (2, {3})], None: None, (1, 2): True}

        class T(TestCase):
            def runTest(self):
                self.assertEqual(s.mixed()["b"], [1, (2, {3})])
                self.assertRaises(ValueError, list, s.gen_err())
                self.assertIsInstance(q, s.Seq)
                self.assertIn(2, q)
                self.assertIs(t.root.nx.nx, None)

        r = T().run()
        assert r.wasSuccessful(), r.errors + r.failures

    report, ended = apart(tmp_path, {"solution.py": SOLUTION}, run)
    assert (report.failures, report.apart, ended) == ([], None, False)
