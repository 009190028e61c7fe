"""The sandbox's Python can be made from any interpreter, by any user, by many at once, and is always the same."""

import hashlib
import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from synth.errors import SandboxUnavailable
from synth.sandbox import inside
from synth.sandbox.base import Sandbox
from synth.sandbox.cache import FORGOTTEN_SECONDS, keep, obtain, write_layers
from synth.sandbox.distributions import STATED, closure, files, installed, root
from synth.sandbox.runtime import Runtime, prepare_runtime
from synth.settings import ROOT
from tests.sandbox.prepared import run_there

COMPLETE = "import sys, compileall, ctypes, sqlite3, ssl; sys.exit(sys.version_info < (3, 11))"
PREPARE = "import sys; from pathlib import Path; from synth.sandbox.runtime import prepare_runtime as prepare; "
PREPARE += "made = prepare(True, Path(sys.argv[1])); print(made.folder, made.inside, sep=chr(10))"
WHERE = "import sys, pytest; print(sys.version, sys.prefix, pytest.__file__.startswith(sys.prefix))"
BARE = str(Path(sys.base_prefix, "bin", "python3"))
"""This interpreter without its packages, so that a runtime made from it is small."""
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


def copy_distributions(folder: Path, *names: str) -> Path:
    """Copy distributions, with what they need, to where every user and interpreter can read them."""
    for known in closure(map(Requirement, names), installed).found.values():
        for path in files(known, with_tests=False):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(root(known) / path, folder / path)
    return folder


def prepare_with(python: str, modules: Path, cache: Path, source: Path = ROOT) -> Runtime:
    """The runtime that another interpreter prepares, which sees `modules` alone; only our own sees its packages too."""
    environment = {"PYTHONPATH": f"{source}:{modules}", "PYTHONDONTWRITEBYTECODE": "1", "PATH": os.defpath}
    alone = ["-s", "-P"] if python == sys.executable else ["-s", "-S", "-P"]
    command = ["/bin/sh", "-c", 'umask 077; exec "$@"', "sh", python, *alone, "-c", PREPARE, str(cache)]
    done = subprocess.run(command, env=environment, cwd="/", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return Runtime(*map(Path, done.stdout.split()))


def other_interpreters() -> list[str]:
    """This interpreter, and the others of this machine that are new enough and whole."""
    names = ["/usr/bin/python3", "python3.11", "python3.12", "python3.13"]
    found = {os.path.realpath(path): path for name in names if (path := shutil.which(name))}
    working = [path for path in found.values() if subprocess.run([path, "-c", COMPLETE], stderr=-3).returncode == 0]
    return [sys.executable, BARE, *working]


def content(folder: Path) -> dict[str, str]:
    """Every file below, with a hash of what it holds."""
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in paths}


@pytest.fixture(scope="module")
def runtime() -> Runtime:
    """The runtime of this machine, as the sandbox itself uses it."""
    return prepare_runtime(readable_by_all=os.geteuid() == 0)


@pytest.mark.sandbox
def test_any_interpreter_of_this_machine_can_be_the_sandbox_s(open_folder: Path) -> None:
    modules = copy_distributions(open_folder / "modules", "pytest")
    for python in other_interpreters():
        cache = open_folder / f"cache{python.replace('/', '-')}"
        cache.mkdir()
        made = prepare_with(python, modules, cache)
        asked = subprocess.run([python, "-c", "import sys; print(sys.version)"], capture_output=True, text=True)
        assert run_there(made, WHERE) == f"{asked.stdout.strip()} /runtime True"


def test_two_that_prepare_at_once_make_one(open_folder: Path) -> None:
    modules = copy_distributions(open_folder / "modules", "pytest")
    cache = open_folder / "cache"
    (cache / "building-long-ago").mkdir(parents=True)
    with ThreadPoolExecutor(2) as threads:
        made = list(threads.map(lambda _: prepare_with(BARE, modules, cache), range(2)))
    assert made[0] == made[1]
    names = sorted(entry.name for entry in cache.iterdir())
    assert names == sorted([made[0].folder.name, made[0].inside.name, "runtime.lock"])


def test_all_of_it_is_compiled_and_the_bytecode_is_never_checked(runtime: Runtime) -> None:
    for folder in (runtime.folder, runtime.inside):
        sources = [path for path in folder.rglob("*.py") if not path.is_symlink()]
        compiled = [path for path in folder.rglob("*.pyc") if "dist-packages" not in path.parts]
        assert len(sources) - 20 < len(compiled) <= len(sources)
        assert {path.read_bytes()[4:8] for path in compiled} == {b"\x01\0\0\0"}


def test_what_is_made_twice_is_the_same_to_the_byte_and_everybody_may_read_it(open_folder: Path) -> None:
    modules = copy_distributions(open_folder / "modules", "pytest", "pyyaml")
    made = []
    for name in ("one", "two"):
        (open_folder / name).mkdir()
        made.append(prepare_with(BARE, modules, open_folder / name))
    assert made[0].folder.name == made[1].folder.name
    assert content(made[0].folder) == content(made[1].folder)
    assert content(made[0].inside) == content(made[1].inside)
    places = [place for part in (made[0].folder, made[0].inside) for place in (part, *part.rglob("*"))]
    assert all(place.stat().st_mode & 0o004 for place in places)
    assert not any(place.lstat().st_mode & 0o022 for place in places if not place.is_symlink())


def test_an_ordinary_user_gets_the_same_sandbox(sandbox: Sandbox, runtime: Runtime, open_folder: Path) -> None:
    shutil.copytree(ROOT / "synth", open_folder / "modules" / "synth")
    cache = open_folder / "cache"
    cache.mkdir()
    user = 65_534 if os.geteuid() == 0 else None
    if user is not None:
        os.chown(cache, user, user)
    environment: Mapping[str, str] = {
        "LD_LIBRARY_PATH": str(runtime.folder / "lib"),
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(open_folder / "modules"),
        "XDG_CACHE_HOME": str(cache),
    }
    command = [str(runtime.folder / "bin" / "python3"), "-c", WHOLE]
    groups = None if user is None else list[int]()
    done = subprocess.run(
        command, env=environment, cwd="/", user=user, group=user, extra_groups=groups, capture_output=True, text=True
    )
    assert done.stdout.split()[:2] == [str(user or os.geteuid()), "passed"], done.stderr


@pytest.mark.sandbox
def test_everything_stated_can_be_imported_there_in_the_version_of_this_environment(runtime: Runtime) -> None:
    held = {each.key: each for each in runtime.packages() if each.origin == "stated"}
    assert {name for name in STATED if installed(name)} <= set(held)
    assert held["numpy"].version == importlib.metadata.version("numpy")
    modules = sorted(module for each in held.values() for module in each.imports)
    assert {"attr", "attrs", "dateutil", "numpy", "pandas", "pytest", "yaml"} <= set(modules)
    code = f"import importlib, importlib.metadata as m\nfor name in {modules}: importlib.import_module(name)\n"
    code += "import numpy.testing, pandas.testing, hypothesis.extra.numpy, sympy.testing\n"
    code += f"print([m.version(name) for name in {sorted(held)}])"
    assert run_there(runtime, code).splitlines()[-1] == str([held[name].version for name in sorted(held)])


def test_it_says_what_it_holds_and_what_it_left_out(runtime: Runtime) -> None:
    facts = json.loads((runtime.folder / "packages.json").read_text())
    assert facts["left_out"] == sorted(name for name in STATED if installed(name) is None)
    assert {"json", "sys", "numpy", "_yaml", "dateutil"} <= runtime.importable()
    assert not {"torch", "streamlit", "__pycache__", "synth"} & runtime.importable()


def test_tests_of_packages_stay_behind(runtime: Runtime) -> None:
    library = next(runtime.folder.glob("lib*/python3*/site-packages"))
    assert not list(library.glob("*/**/tests"))
    assert (library / "pandas" / "testing.py").is_file()


def test_it_is_not_large_and_is_found_again(runtime: Runtime) -> None:
    size = sum(place.lstat().st_size for place in runtime.folder.rglob("*"))
    assert 100e6 < size < 350e6
    inode = runtime.folder.lstat().st_ino
    again = prepare_runtime(readable_by_all=os.geteuid() == 0).folder
    assert (again, again.lstat().st_ino) == (runtime.folder, inode)


@pytest.mark.sandbox
def test_the_trusted_programs_are_there_and_nothing_else_of_ours(runtime: Runtime) -> None:
    programs = {file.name for file in Path(inside.__file__).parent.glob("*.py")}
    there = {str(file.relative_to(runtime.inside)) for file in runtime.inside.rglob("*.py")}
    assert there == {
        "synth/__init__.py",
        "synth/sandbox/__init__.py",
        *(f"synth/sandbox/inside/{name}" for name in programs),
    }
    assert (runtime.inside / "synth/sandbox/__init__.py").read_bytes() == b""
    code = "import synth.sandbox.inside.report as it; print(it.__file__)"
    assert run_there(runtime, code) == "/espalier/synth/sandbox/inside/report.py"


def test_a_change_of_the_trusted_programs_makes_only_them_anew(open_folder: Path) -> None:
    modules = copy_distributions(open_folder / "modules", "pytest")
    source, cache = open_folder / "source", open_folder / "cache"
    shutil.copytree(ROOT / "synth", source / "synth")
    cache.mkdir()
    before = prepare_with(BARE, modules, cache, source)
    with (source / "synth/sandbox/inside/report.py").open("a") as program:
        program.write("\nMORE = 1\n")
    after = prepare_with(BARE, modules, cache, source)
    assert after.folder == before.folder
    assert after.inside != before.inside
    assert before.inside.is_dir()
    assert "MORE = 1" in (after.inside / "synth/sandbox/inside/report.py").read_text()


def test_without_pytest_it_says_how_to_get_it(open_folder: Path) -> None:
    modules = copy_distributions(open_folder / "modules", "packaging")
    with pytest.raises(AssertionError, match=r"`pytest` is not installed\. Mend: .*-m pip install pytest"):
        prepare_with(BARE, modules, open_folder)


def test_a_place_that_cannot_be_used_is_named(open_folder: Path) -> None:
    (open_folder / "file").touch()
    with pytest.raises(SandboxUnavailable, match=r"could not be prepared in .*file.*XDG_CACHE_HOME"):
        prepare_runtime(True, open_folder / "file")


def test_what_fails_half_way_leaves_nothing(open_folder: Path) -> None:
    def build(made: Path) -> None:
        (made / "half").touch()
        raise OSError("disk full")

    with pytest.raises(OSError, match="disk full"):
        obtain(open_folder / "python-x", build)
    assert [entry.name for entry in open_folder.iterdir()] == ["runtime.lock"]


def test_folders_that_nobody_used_for_a_week_go_when_another_is_made(open_folder: Path) -> None:
    names = ["python-old", "inside-old", "packages-old", "packages-listed", "python-used", "python-new", "else-old"]
    for name in names:
        (open_folder / name).mkdir()
    write_layers(open_folder, {"a-python": "packages-listed"})
    program = "import sys, time; from pathlib import Path; from synth.sandbox.cache import keep; "
    program += "print(keep(Path(sys.argv[1])), flush=True); time.sleep(60)"
    with subprocess.Popen(
        [sys.executable, "-c", program, str(open_folder / "python-used")], stdout=subprocess.PIPE, text=True, cwd=ROOT
    ) as user:
        assert user.stdout is not None
        assert user.stdout.readline() == "True\n"
        for name in names:
            long_ago = time.time() - FORGOTTEN_SECONDS - (60 if name != "python-new" else -60)
            os.utime(open_folder / name, (long_ago, long_ago))
        obtain(open_folder / "inside-now", lambda made: (made / "file").touch())
        user.kill()
    left = sorted(entry.name for entry in open_folder.iterdir() if entry.is_dir())
    assert left == ["else-old", "inside-now", "packages-listed", "python-new", "python-used"]


def test_using_a_folder_counts_as_touching_it(open_folder: Path) -> None:
    folder = open_folder / "python-x"
    folder.mkdir()
    os.utime(folder, (0, 0))
    assert keep(folder)
    assert folder.stat().st_mtime > time.time() - 60
    folder.rmdir()
    assert not keep(folder)
    folder.mkdir()
    assert keep(folder)
