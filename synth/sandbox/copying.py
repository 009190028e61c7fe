"""How the sandbox's Python is copied: which files of the interpreter, side by side, compiled, open to every reader."""

import os
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from synth.errors import SandboxUnavailable

_THREADS = 8
_PARTS = 16
_STDLIB_OMITS = frozenset(
    {
        "__pycache__",
        "dist-packages",
        "ensurepip",
        "idlelib",
        "lib2to3",
        "site-packages",
        "sitecustomize.py",
        "test",
        "tests",
        "tkinter",
        "turtle.py",
        "turtledemo",
        "usercustomize.py",
    }
)
_SUFFIX_OMITS = (".pyc", ".a", ".o", ".exe")

Pair = tuple[Path, Path]
"""A file to copy, and where to."""


def program() -> Path:
    """The interpreter's own program, outside any virtual environment. Raises `SandboxUnavailable`."""
    name = f"python{sysconfig.get_python_version()}"
    for path in (Path(sys.base_exec_prefix, "bin", name), Path(os.path.realpath(sys.executable))):
        if path.is_file():
            return path
    raise SandboxUnavailable(f"The interpreter of {sys.base_exec_prefix} was not found.")


def stdlib() -> Path:
    """The folder of the standard library."""
    return Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))


def dynload() -> Path:
    """The folder of the standard library's compiled modules."""
    base = {"installed_platbase": sys.base_exec_prefix, "platbase": sys.base_exec_prefix}
    return Path(sysconfig.get_path("platstdlib", vars=base)) / "lib-dynload"


def library_folder(made: Path) -> Path:
    """Where the standard library lies in a copy."""
    return made / stdlib().relative_to(sys.base_prefix)


def interpreter_files(made: Path) -> list[Pair]:
    """The program, the standard library and the shared libraries that they name, for a copy in `made`."""
    source, target = stdlib(), library_folder(made)
    pairs = [(file, target / file.relative_to(source)) for file in stdlib_files(source)]
    compiled = list(stdlib_files(dynload()))
    pairs += [(file, target / "lib-dynload" / file.relative_to(dynload())) for file in compiled]
    pairs.append((program(), made / "bin" / program().name))
    if sys.base_prefix not in ("/usr", "/usr/local"):
        libraries = sorted(Path(sys.base_prefix, "lib").glob("lib*.so*"))
        pairs += [(file, made / "lib" / file.name) for file in _needed([program(), *compiled], libraries)]
    return pairs


def stdlib_files(folder: Path) -> Iterator[Path]:
    """Every file to copy below a folder of the standard library, in a stable order."""
    for place, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not _omitted(name))
        for name in sorted(files):
            file = Path(place, name)
            if not _omitted(name) and file.is_file():
                yield file


def _omitted(name: str) -> bool:
    return name in _STDLIB_OMITS or name.startswith(("config-3", "_tkinter.")) or name.endswith(_SUFFIX_OMITS)


def _needed(binaries: Iterable[Path], libraries: list[Path]) -> list[Path]:
    """The libraries whose names stand in the binaries, and those that these need in turn."""
    found: list[Path] = []
    pending = list(binaries)
    while pending:
        content = pending.pop().read_bytes()
        new = [each for each in libraries if each not in found and each.name.encode() + b"\0" in content]
        found += new
        pending += new
    return found


def copy_all(pairs: Sequence[Pair]) -> None:
    """Copy files, content alone, readable by all; several at a time."""
    for folder in sorted({target.parent for _, target in pairs}):
        folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(_THREADS) as threads:
        for _ in threads.map(_copy, pairs, chunksize=64):
            pass


def _copy(pair: Pair) -> None:
    source, target = pair
    shutil.copyfile(source, target)
    target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)


def compile_all(python: Path, files: Sequence[Path], below: Path, seen_as: Path, lenient: bool = False) -> None:
    """Compile files below a folder with the copied interpreter at `python`, which also shows that it runs.

    The bytecode is never checked against the source, for both are mounted read-only; it names the source as below
    `seen_as`. `lenient`: files that do not compile are left as they are, as packages hold some for other versions.
    Raises `SandboxUnavailable`.
    """
    options = ["--invalidation-mode", "unchecked-hash", "-q", "-f", "-s", str(below), "-p", str(seen_as), "-i", "-"]
    command = [str(python), "-B", "-s", "-P", "-m", "compileall", *options]
    modules = [str(file) for file in files if file.suffix == ".py"]
    # What a process compiled before shows in the bytecode, so a process of its own for each of a fixed number of parts.
    parts = [part for start in range(_PARTS) if (part := modules[start::_PARTS])]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        for code, said in threads.map(partial(_run, command, python), parts):
            if code not in ((0, 1) if lenient else (0,)):
                raise SandboxUnavailable(f"The copy of {sys.base_prefix} does not run: {said[-500:]}")


def _run(command: Sequence[str], python: Path, part: Sequence[str]) -> tuple[int, str]:
    environment = {"LD_LIBRARY_PATH": str(python.parent.parent / "lib"), "PATH": os.defpath, "PYTHONHASHSEED": "0"}
    done = subprocess.run(
        command,
        env=environment,
        input="\n".join(part),
        capture_output=True,
        encoding="utf-8",
        errors="surrogateescape",
        check=False,
    )
    return done.returncode, (done.stderr or done.stdout).strip()


def open_to_all(made: Path) -> None:
    """Let every user read, whatever our umask."""
    for place, folders, files in os.walk(made):
        for path in (Path(place, name) for name in (*folders, *files)):
            if not path.is_symlink():
                path.chmod(path.stat().st_mode | (0o555 if path.is_dir() else 0o444))
    made.chmod(0o755)
