"""Honest programs pass: judged apart where their tests allow it, and in one process with their tests.

The programs are files in `tests/sandbox/honest/`.
"""

import pytest

from synth.records import CodeFile
from synth.sandbox.base import Sandbox, Script
from tests.sandbox import cases
from tests.sandbox.cases import Folder

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(120)]

CASES = Folder(cases.HONEST)

PROGRAM = """\
import asyncio, http.server, multiprocessing, os, subprocess, sys, tempfile, threading, urllib.request

def square(number):
    return number * number

class Handler(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *arguments):
        pass

if __name__ == "__main__":
    name = input("name? ")
    with multiprocessing.Pool(2) as pool:
        print(name, pool.map(square, range(4)))
    with tempfile.TemporaryDirectory() as folder:
        with open(os.path.join(folder, "index.html"), "w") as file:
            file.write("größe 東京")
        os.chdir(folder)
        server = http.server.ThreadingHTTPServer(("localhost", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        print(urllib.request.urlopen(f"http://localhost:{server.server_port}/").read().decode())
        server.shutdown()
        os.chdir("/work")
    print(subprocess.run([sys.executable, "-c", "print(6 * 7)"], capture_output=True, text=True).stdout, end="")
    print(asyncio.run(asyncio.sleep(0, "done")), file=sys.stderr)
    import helper
    print(helper.VALUE)
"""


@pytest.mark.parametrize("name", CASES.cases)
def test_an_honest_program_passes(sandbox: Sandbox, name: str) -> None:
    case = CASES.cases[name]
    result = sandbox.verify(cases.honest(case, apart=True))
    assert (result.outcome, result.failures) == ("passed", ()), result
    if "grade" in case.keys:
        assert (result.grade, result.why) == (case.keys["grade"], ""), result


@pytest.mark.parametrize("name", CASES.cases)
def test_it_passes_in_one_process_too(sandbox: Sandbox, name: str) -> None:
    result = sandbox.verify(cases.honest(CASES.cases[name], apart=False))
    assert (result.outcome, result.failures) == ("passed", ()), result
    assert result.grade in ("B-canary", "C-counted"), result


def test_an_honest_script_comes_to_its_end(sandbox: Sandbox) -> None:
    files = (CodeFile(path="main.py", text=PROGRAM), CodeFile(path="helper.py", text="VALUE = 'helped'\n"))
    result = sandbox.run(Script(files, "main.py", stdin="Ada\n"))
    assert (result.outcome, result.exit_code) == ("passed", 0), result
    assert result.stdout == "name? Ada [0, 1, 4, 9]\ngröße 東京\n42\nhelped\n"
    assert result.stderr == "done\n"
