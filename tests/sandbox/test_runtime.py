"""The sandbox's Python can be made from any interpreter, by any user, by many at once."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from synth.sandbox.base import Sandbox
from synth.sandbox.bubblewrap import Bubblewrap, launch_user
from synth.sandbox.runtime import Runtime, prepare_runtime
from synth.settings import ROOT
from tests.sandboxed import run

pytestmark = pytest.mark.sandbox

COMPLETE = "import sys, compileall, ctypes, sqlite3, ssl; sys.exit(sys.version_info < (3, 11))"
PREPARE = "import sys; from pathlib import Path; from synth.sandbox.runtime import prepare_runtime as prepare; "
PREPARE += "print(prepare(True, Path(sys.argv[1])).folder)"
VERSION = "import sys\ndef test_a():\n    print(sys.version)\n    assert sys.prefix == '/runtime'\n"
WHOLE = """
import os
from synth.records import CodeFile
from synth.sandbox.base import Job
from synth.sandbox.choose import choose_sandbox
test = CodeFile(path="test_it.py", text='''
import os, pytest
def test_limit():
    with pytest.raises(BlockingIOError):
        for _ in range(500):
            if os.fork() == 0:
                import time
                time.sleep(60)
''')
result = choose_sandbox().verify(Job((), (test,)))
print(os.geteuid(), result.outcome, result.stderr)
"""


def bubblewrap() -> Path:
    """The real launcher."""
    found = shutil.which("bwrap")
    assert found is not None
    return Path(found)


def copy_modules(folder: Path, names: list[str]) -> Path:
    """Copy modules that this interpreter has to where every user and interpreter can read them."""
    for name in names:
        spec = importlib.util.find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        if origin.name == "__init__.py":
            shutil.copytree(origin.parent, folder / name)
        else:
            shutil.copy(origin, folder / origin.name)
    return folder


def prepare_with(python: str, modules: Path, cache: Path) -> str:
    """The folder of the runtime that another interpreter prepares."""
    environment = {"PYTHONPATH": f"{ROOT}:{modules}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
    command = ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh", python, "-c", PREPARE, str(cache)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout.strip()


def other_interpreters() -> list[str]:
    """This interpreter, and the others of this machine that are new enough and whole."""
    names = ["/usr/bin/python3", "python3.11", "python3.12", "python3.13"]
    found = {os.path.realpath(path): path for name in names if (path := shutil.which(name))}
    working = [path for path in found.values() if subprocess.run([path, "-c", COMPLETE], stderr=-3).returncode == 0]
    return [sys.executable, *working]


def test_any_interpreter_of_this_machine_can_be_the_sandbox_s(sandbox: Sandbox, open_folder: Path) -> None:
    pytest_and_more = ["pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments"]
    modules = copy_modules(open_folder / "modules", pytest_and_more)
    for python in other_interpreters():
        cache = open_folder / f"cache{python.replace('/', '-')}"
        cache.mkdir()
        folder = prepare_with(python, modules, cache)
        asked = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
        result = run(Bubblewrap(bubblewrap(), Runtime(Path(folder))), VERSION)
        assert (result.outcome, result.stdout) == ("passed", asked.stdout), result


def test_two_that_prepare_at_once_make_one(open_folder: Path) -> None:
    modules = copy_modules(
        open_folder / "modules", ["pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments"]
    )
    cache = open_folder / "cache"
    (cache / "building-long-ago").mkdir(parents=True)
    with ThreadPoolExecutor(2) as threads:
        folders = list(threads.map(lambda _: prepare_with(sys.executable, modules, cache), range(2)))
    assert folders[0] == folders[1]
    assert sorted(entry.name for entry in cache.iterdir()) == [Path(folders[0]).name, "runtime.lock"]
    compiled = list(Path(folders[0]).glob("lib*/python3*/__pycache__/os.*.pyc"))
    assert [content.read_bytes()[4:8] for content in compiled] == [b"\x01\0\0\0"]


def test_an_ordinary_user_gets_the_same_sandbox(sandbox: Sandbox, open_folder: Path) -> None:
    own = prepare_runtime(launch_user() is not None)
    modules = copy_modules(
        open_folder / "modules",
        ["pydantic", "pydantic_core", "annotated_types", "typing_extensions", "typing_inspection"],
    )
    shutil.copytree(ROOT / "synth", modules / "synth")
    cache = open_folder / "cache"
    cache.mkdir()
    user = 65_534 if os.geteuid() == 0 else None
    if user is not None:
        os.chown(cache, user, user)
    environment: Mapping[str, str] = {
        "LD_LIBRARY_PATH": str(own.folder / "lib"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(modules),
        "XDG_CACHE_HOME": str(cache),
    }
    command = [str(own.folder / "bin" / "python3"), "-c", WHOLE]
    groups = None if user is None else list[int]()
    done = subprocess.run(
        command, env=environment, cwd="/", user=user, group=user, extra_groups=groups, capture_output=True, text=True
    )
    assert done.stdout.split()[:2] == [str(user or os.geteuid()), "passed"], done.stderr
