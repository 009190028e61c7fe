"""What proves nothing never passes."""

import pytest

from synth.records import Outcome
from synth.sandbox.base import Sandbox
from tests.sandboxed import run

pytestmark = pytest.mark.sandbox

WRONG = "def test_wrong():\n    assert 1 == 2\n"

CASES: dict[str, tuple[str, Outcome]] = {
    "no tests": ("x = 1\n", "not_collected"),
    "an empty file": ("", "not_collected"),
    "only a main function": ("def main():\n    print('OK')\nmain()\n", "not_collected"),
    "prints OK": ("print('OK')\nprint('1 passed in 0.01s')\n", "not_collected"),
    "only skips": ("import pytest\n@pytest.mark.skip\ndef test_a():\n    pass\n", "not_collected"),
    "a file that skips itself": (
        "import pytest\npytest.skip('no', allow_module_level=True)\ndef test_a():\n    pass\n",
        "not_collected",
    ),
    "only expected failures": (
        """\
        import pytest
        @pytest.mark.xfail
        def test_a():
            assert False
        @pytest.mark.xfail
        def test_b():
            pass
        """,
        "not_collected",
    ),
    "a test class that cannot be collected": (
        "class TestIt:\n    def __init__(self):\n        pass\n    def test_a(self):\n        pass\n",
        "not_collected",
    ),
    "exits while imported": (f"{WRONG}import sys\nsys.exit(0)\n", "error"),
    "exits in a test": ("import sys\ndef test_a():\n    sys.exit(0)\n", "failed"),
    "ends the process while imported": (f"{WRONG}import os\nos._exit(0)\n", "tampered"),
    "ends the process in a test": ("import os\ndef test_a():\n    os._exit(0)\n", "tampered"),
    "ends the process as if tests had failed": ("import os\ndef test_a():\n    os._exit(1)\n", "error"),
    "stops pytest": (f"import pytest\ndef test_a():\n    pytest.exit('done', returncode=0)\n{WRONG}", "error"),
    "a script that exits early": ("import sys\nsys.exit(0)\nassert 1 == 2\n", "failed"),
    "a script that ends the process": ("import os\nos._exit(0)\nassert 1 == 2\n", "tampered"),
    "kills itself": ("import os\ndef test_a():\n    os.kill(os.getpid(), 9)\n", "error"),
    "crashes": ("import ctypes\ndef test_a():\n    ctypes.string_at(0)\n", "error"),
    "waits for input": ("def test_a():\n    input()\n", "failed"),
    "an async test that nobody runs": ("async def test_a():\n    assert 1 == 2\n", "failed"),
    "recursion": ("def f():\n    return f()\ndef test_a():\n    f()\n", "failed"),
}


@pytest.mark.parametrize("name", CASES)
def test_this_never_passes(sandbox: Sandbox, name: str) -> None:
    test, outcome = CASES[name]
    assert run(sandbox, test).outcome == outcome


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        ({"solution.py": "import os\nos._exit(0)\n"}, "tampered"),
        ({"solution.py": "import sys\nsys.exit(0)\n"}, "error"),
        ({"solution.py": "import sys\ndef f():\n    sys.exit(0)\n"}, "failed"),
        ({"solution.py": "import atexit, os\natexit.register(os._exit, 0)\ndef f():\n    return 2\n"}, "failed"),
        ({"conftest.py": "import sys\nsys.exit(0)\n", "solution.py": ""}, "error"),
        ({"conftest.py": "import os\nos._exit(0)\n", "solution.py": ""}, "error"),
    ],
)
def test_code_that_ends_the_run_does_not_pass(sandbox: Sandbox, code: dict[str, str], outcome: Outcome) -> None:
    assert run(sandbox, "from solution import f\ndef test_f():\n    assert f() == 1\n", code).outcome == outcome


def test_the_first_process_cannot_be_killed_from_within(sandbox: Sandbox) -> None:
    test = (
        "import os\ndef test_a():\n    for number in range(1, 65):\n        try:\n            os.kill(1, number)\n"
        "        except OSError:\n            pass\n    assert 1 == 2\n"
    )
    assert run(sandbox, test).outcome == "failed"
