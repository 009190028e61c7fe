"""A candidate that lies, sends rubbish or dies never makes a test pass, and never takes the driver with it."""

# ruff: noqa: ANN401, E501 - messages of any shape, and programs in one line

import importlib
import json
import os
import resource
import socket
import struct
import time
from pathlib import Path
from typing import Any

import pytest

from synth.sandbox.inside import wire
from tests.sandbox.apart_pair import against, apart, reported


def frame(content: Any) -> bytes:
    """One frame of any JSON, or of raw bytes."""
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    return struct.pack("!I", len(data)) + data


def answer(body: Any, **news: Any) -> Any:
    """A message as the candidate sends it."""
    return [body, *(news.get(name, []) for name in ("made", "fills", "gone", "classes", "objects"))]


MODULE = answer(["ok", ["o", 0]], objects=[[0, None, ["solution", False]]])
A_CLASS = [1, "C", "C", "m", [], [], [], True, False, False, [], []]


def a_class(**changes: Any) -> list[Any]:
    """Facts of a class, some of them changed."""
    names = [
        "handle",
        "name",
        "full",
        "module",
        "bases",
        "special",
        "methods",
        "hashed",
        "meta",
        "virtual",
        "abstract",
        "own",
    ]
    return [changes.get(name, value) for name, value in zip(names, A_CLASS, strict=True)]


RUBBISH: dict[str, bytes] = {
    "nothing": b"",
    "half a header": b"\0\0",
    "a frame that ends early": struct.pack("!I", 100) + b"[",
    "a frame of 4 GiB": b"\xff\xff\xff\xff" + b"x" * 1000,
    "an empty frame": frame(b""),
    "no JSON": frame(b"hello"),
    "no Unicode": frame(b'["\xff"]'),
    "not a list": frame({"ok": 1}),
    "a number": frame(5),
    "an empty list": frame([]),
    "a bare answer": frame(["ok", 4]),
    "too deep": frame(b"[" * 100_000 + b"]" * 100_000),
    "millions of lists": frame(b"[" + b"[]," * 3_000_000 + b"[]]"),
    "a huge number": frame(b"[[" + b'"ok",' + b"9" * 100_000 + b"],[],[],[],[],[]]"),
    "another answer": frame(answer(["passed", 1])),
    "no body": frame(answer([])),
    "a body that is a string": frame(answer("ok")),
    "an unknown tag": frame(answer(["ok", ["zz", 1]])),
    "an unhashable tag": frame(answer(["ok", [["r"], 1]])),
    "an empty tag": frame(answer(["ok", []])),
    "an object of JSON": frame(answer(["ok", {"a": 1}])),
    "an unknown container": frame(answer(["ok", ["r", 77]])),
    "an unknown object": frame(answer(["ok", ["o", 77]])),
    "an object by its last place": frame(answer(["ok", ["own", -1]])),
    "a callback that is none": frame(answer(["callback", 0, [], []])),
    "a container numbered as ours": frame(answer(["ok", ["r", 2]], made=[[2, "l", None]])),
    "a container twice": frame(answer(["ok", 4], made=[[1, "l", None], [1, "l", None]])),
    "a container of no kind": frame(answer(["ok", 4], made=[[1, "o", None]])),
    "a dict of one part": frame(answer(["ok", 4], made=[[1, "m", None]], fills=[[1, [1]]])),
    "a dict with a list as key": frame(answer(["ok", 4], made=[[1, "m", None]], fills=[[1, [["r", 1], 1]]])),
    "a deque of odd length": frame(answer(["ok", 4], made=[[1, "q", "x"]])),
    "a factory that is a function": frame(answer(["ok", 4], made=[[1, "dm", "eval"]])),
    "an array too short": frame(
        answer(["ok", ["r", 1]], made=[[1, "np", None]], fills=[[1, ["<i8", [10**9], "AAAA"]]])
    ),
    "an array of objects of C": frame(answer(["ok", ["ns", ["O8", [1], "AAAAAAAAAAA="]]])),
    "a type by evaluation": frame(answer(["ok", ["nd", "O,__import__('os')"]])),
    "a type that is none": frame(answer(["ok", ["T", "eval"]])),
    "an exception that is none": frame(answer(["raise", 5, [], ""])),
    "an exception of a framework": frame(answer(["raise", ["e", "Skipped", [], []], [], ""])),
    "an exception from unittest": frame(answer(["raise", ["e", "unittest.case.SkipTest", [], []], [], ""])),
    "bases that clash": frame(answer(["ok", 4], classes=[a_class(bases=["int", "str"])])),
    "a base that is the test's": frame(answer(["ok", 4], classes=[a_class(bases=["TestCase"])])),
    "a base of nothing": frame(answer(["ok", 4], classes=[a_class(bases=[55])])),
    "a class over another": frame(answer(["ok", 4], classes=[a_class(), a_class()])),
    "a class over a module": frame(answer(["ok", 4], classes=[a_class(handle=0)])),
    "an int that holds a text": frame(
        answer(["ok", ["o", 2]], classes=[a_class(bases=["int"])], objects=[[2, 1, "5"]])
    ),
    "an object of an object": frame(answer(["ok", 4], objects=[[2, 0, None]])),
    "a module of the tests": frame(answer(["ok", ["o", 3]], objects=[[3, None, ["pytest", False]]])),
    "a fraction by zero": frame(answer(["ok", ["Q", 1, 0]])),
    "a name that is a number": frame(answer(["ok", 4], classes=[a_class(name=5)])),
    "methods that are numbers": frame(answer(["ok", 4], classes=[a_class(methods=[5])])),
}


@pytest.mark.parametrize("sent", RUBBISH.values(), ids=RUBBISH.keys())
def test_rubbish_ends_the_candidate_and_never_passes(sent: bytes) -> None:
    def serve(link: int) -> None:
        wire.receive(link)
        os.write(link, frame(MODULE))
        wire.receive(link)
        with socket.socket(fileno=os.dup(link)) as stream:
            stream.sendall(sent)

    reached: list[Any] = []

    def run() -> None:
        solution = importlib.import_module("solution")
        try:
            reached.append(solution.f)
        except Exception as error:  # noqa: BLE001 - a test could expect any of them
            reached.append(error)

    report, ended = against(serve, ["solution"], lambda: reported(run))
    assert reached == []
    assert ended
    assert "the solution's process ended while it was called" in report.failures[0][1]


def test_an_answer_before_its_question_ends_the_candidate() -> None:
    def serve(link: int) -> None:
        wire.receive(link)
        os.write(link, frame(MODULE) + frame(answer(["ok", 4])) * 3)
        time.sleep(0.2)

    def run() -> None:
        solution = importlib.import_module("solution")
        assert solution.a == 4

    report, ended = against(serve, ["solution"], lambda: reported(run))
    assert ended
    assert report.failures


LIES = {
    "always equal": ("class L:\n def __eq__(s, o): return True\n __hash__ = None\ndef f(): return L()", "f() == 4"),
    "an int always equal": (
        "class L(int):\n def __eq__(s, o): return True\n __hash__ = int.__hash__\ndef f(): return L()",
        "f() == 4",
    ),
    "a str always equal": (
        "class L(str):\n def __eq__(s, o): return True\n __hash__ = None\ndef f(): return L()",
        "f() == 'a'",
    ),
    "never unequal": ("class L:\n def __ne__(s, o): return False\ndef f(): return L()", "not (f() != 4)"),
    "a class that says it is int": ("class int:\n __class__ = type(5)\ndef f(): return int()", "isinstance(f(), int)"),
    "a metaclass that says all": (
        "class M(type):\n def __instancecheck__(c, i): return True\nclass C(metaclass=M): pass\nC = C\ndef f(): return 5",
        "isinstance(f(), s.C)",
    ),
    "subtracts to zero": ("class L:\n def __sub__(s, o): return 0\ndef f(): return L()", "f() - 4 == 0"),
    "reflected": ("class L:\n def __rsub__(s, o): return 0\ndef f(): return L()", "abs(4 - f()) < 1e-9"),
    "equal by approx": (
        "class L(float):\n def __rsub__(s, o): return 0.0\ndef f(): return L()",
        "f() == __import__('pytest').approx(4)",
    ),
    "a list always equal": ("class L(list):\n def __eq__(s, o): return True\ndef f(): return L()", "f() == [1]"),
    "a tuple that has all": ("class L(tuple):\n def __eq__(s, o): return True\ndef f(): return L()", "f() == (1,)"),
    "a hash and an equal": (
        "class L:\n def __hash__(s): return hash(4)\n def __eq__(s, o): return True\ndef f(): return L()",
        "f() in {4}",
    ),
    "dies": ("import os\ndef f(): os._exit(0)", "f() or True"),
    "kills itself": ("import os\ndef f(): os.kill(os.getpid(), 9)", "f() or True"),
    "closes every descriptor": ("import os\ndef f(): os.closerange(3, 200)", "f() or True"),
    "ends with success": ("import sys\ndef f(): sys.exit(0)", "f() or True"),
    "skips": ("import unittest\ndef f(): raise unittest.SkipTest('x')", "f() or True"),
    "skips as pytest does": ("import pytest\ndef f(): pytest.skip('x')", "f() or True"),
    "ends the session": ("import pytest\ndef f(): pytest.exit('x', 0)", "f() or True"),
    "keeps assertions in": (
        "class C:\n def __enter__(s): return 4\n def __exit__(s, *a): return True\ndef f(): return C()",
        "held(f())",
    ),
    "ends a loop early": ("def f(x): raise StopIteration", "list(map(f, [1])) == []"),
    "contains all": ("class L:\n def __contains__(s, o): return True\ndef f(): return L()", "4 in f()"),
    "reads its caller": (
        "import sys\ndef f():\n x = sys._getframe()\n while x:\n  if 'SECRET' in x.f_locals: return x.f_locals['SECRET']\n  x = x.f_back",
        "f() == SECRET",
    ),
    "searches memory": (
        "import gc\ndef f():\n for o in gc.get_objects():\n  if isinstance(o, dict) and 'SECRET' in o: return o['SECRET']",
        "f() == SECRET",
    ),
}


@pytest.mark.parametrize(("solution", "check"), LIES.values(), ids=LIES.keys())
def test_a_lying_solution_does_not_pass(tmp_path: Path, solution: str, check: str) -> None:
    def held(context: Any) -> bool:
        with context as value:
            assert value == 5
        return True

    def run() -> None:
        module = importlib.import_module("solution")
        secret = os.urandom(8).hex()
        assert eval(check, {"s": module, "f": module.f, "held": held, "SECRET": secret})

    report, ended = apart(tmp_path, {"solution.py": solution}, run)
    assert report.failures or report.apart or ended
    assert report.failures or report.apart


def test_an_exception_of_a_test_framework_is_only_called_like_it(tmp_path: Path) -> None:
    kinds: list[type[BaseException]] = []

    def run() -> None:
        module = importlib.import_module("solution")
        for function in (module.f, module.g):
            try:
                function()
            except BaseException as error:  # noqa: BLE001 - odd classes are the point
                kinds.append(type(error))

    text = "import unittest, pytest\ndef f(): raise unittest.SkipTest('x')\ndef g(): pytest.skip('x')\n"
    apart(tmp_path, {"solution.py": text}, run)
    assert [kind.__name__ for kind in kinds] == ["SkipTest", "Skipped"]
    assert not issubclass(kinds[0], importlib.import_module("unittest").SkipTest)
    assert not issubclass(kinds[1], pytest.skip.Exception)


def test_what_an_assertion_of_the_tests_says_does_not_reach_the_solution(tmp_path: Path) -> None:
    text = "def f(g):\n try: g(1)\n except AssertionError as e: return repr(e), repr(e.args)\n"

    def run() -> None:
        module = importlib.import_module("solution")

        def check(value: int) -> None:
            raise AssertionError("SECRET")

        assert "SECRET" not in str(module.f(check))

    assert apart(tmp_path, {"solution.py": text}, run)[0].failures == []


def test_every_call_after_the_end_fails_too(tmp_path: Path) -> None:
    def run() -> None:
        module = importlib.import_module("solution")
        function = module.f
        for _ in range(3):
            with pytest.raises(BaseException, match="ended while") as caught:
                function()
            assert not isinstance(caught.value, Exception)
        with pytest.raises(BaseException, match="ended while"):
            _ = module.other

    report, ended = apart(tmp_path, {"solution.py": "import os\ndef f(): os._exit(0)"}, run)
    assert ended
    assert report.failures == []


def test_failures_name_the_line_in_the_solution(tmp_path: Path) -> None:
    def run() -> None:
        importlib.import_module("solution").f()

    report, _ = apart(
        tmp_path, {"solution.py": "def f():\n    return g()\ndef g():\n    raise ValueError('odd')\n"}, run
    )
    assert "solution.py:4: in g" in report.failures[0][1]


def test_memory_errors_are_told(tmp_path: Path) -> None:
    report, _ = apart(
        tmp_path, {"solution.py": "def f(): raise MemoryError"}, lambda: importlib.import_module("solution").f()
    )
    assert report.memory


def test_frames_never_take_much_memory() -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    test_rubbish_ends_the_candidate_and_never_passes(frame(b"[" + b"[]," * 3_000_000 + b"[]]"))
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 150_000


def test_callbacks_from_threads_of_the_solution_work(tmp_path: Path) -> None:
    text = """
from concurrent.futures import ThreadPoolExecutor
def run(f, n):
    with ThreadPoolExecutor(4) as pool: return list(pool.map(f, range(n)))
"""

    def run() -> None:
        module = importlib.import_module("solution")
        assert module.run(lambda x: x * 2, 50) == [x * 2 for x in range(50)]

    report, ended = apart(tmp_path, {"solution.py": text}, run)
    assert (report.failures, report.apart, ended) == ([], None, False)


@pytest.mark.parametrize(
    "text",
    [
        "import threading, time\ndef f(g): threading.Timer(0.05, g).start()\ndef wait(): pass",
        "import os\ndef f(g):\n p = os.fork()\n if not p:\n  try: g()\n  finally: os._exit(0)\n os.waitpid(p, 0)\ndef wait(): pass",
    ],
    ids=["a thread that outlives its call", "another process"],
)
def test_callbacks_that_cannot_be_answered_end_judging_apart(tmp_path: Path, text: str) -> None:
    def run() -> None:
        module = importlib.import_module("solution")
        module.f(lambda: None)
        time.sleep(0.2)
        module.wait()

    report, ended = apart(tmp_path, {"solution.py": text}, run)
    assert report.apart
    assert not ended


def test_a_fork_that_comes_back_does_not_answer_twice(tmp_path: Path) -> None:
    def run() -> None:
        module = importlib.import_module("solution")
        assert module.f() > 0
        assert module.g() == 5

    text = "import os\ndef f(): return os.fork()\ndef g(): return 5"
    report, ended = apart(tmp_path, {"solution.py": text}, run)
    assert (report.failures, report.apart, ended) == ([], None, False)
