"""The Python that candidate code runs on: a private, compiled copy of this interpreter and of pytest.

A copy, because the interpreter may live in a home that the sandbox's user cannot read, and because its bytecode can
then be compiled once and trusted. Built once for each interpreter build and pytest, then found again by its key.
"""

import fcntl
import hashlib
import importlib.util
import os
import platform
import shutil
import stat
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from synth.errors import SandboxUnavailable

MOUNT = Path("/runtime")
"""Where the sandbox sees it."""

_FORMAT = 1
_UNFINISHED = "building-"
_MODULES = ("pytest", "_pytest", "py", "pluggy", "iniconfig", "packaging", "pygments")
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
_ETC = {
    "group": "sandbox:x:1000:\n",
    "hosts": "127.0.0.1 localhost sandbox\n::1 localhost\n",
    "ld.so.cache": "",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "passwd": "sandbox:x:1000:1000::/tmp:/bin/sh\n",
}
"""`ld.so.cache` is only a place to mount the system's own."""


@dataclass(frozen=True, slots=True)
class Runtime:
    """A prepared runtime."""

    folder: Path

    @property
    def libraries(self) -> bool:
        """Whether shared libraries came along, which the loader must be told of."""
        return any((self.folder / "lib").glob("lib*.so*"))

    def importable(self) -> frozenset[str]:
        """Top-level names that code can import there."""
        names = set(sys.builtin_module_names)
        for library in self.folder.glob("lib*/python3*"):
            for part in ("", "lib-dynload", "site-packages"):
                names.update(entry.name.partition(".")[0] for entry in (library / part).iterdir())
        return frozenset(name for name in names if name.isidentifier())


def prepare_runtime(readable_by_all: bool, cache: Path | None = None) -> Runtime:
    """Return the runtime of the running interpreter, building it where it is not there yet (seconds, about 80 MB).

    `readable_by_all`: the sandbox runs as another user, so every folder above must let it through. Raises
    `SandboxUnavailable` where there is no place for it or the copy does not run.
    """
    home = _cache_folder(readable_by_all) if cache is None else cache
    folder = home / f"python-{platform.python_version()}-{_key()}"
    if not folder.is_dir():
        try:
            with _lock(home / "runtime.lock"):
                if not folder.is_dir():
                    _build(folder)
        except OSError as error:
            raise SandboxUnavailable(
                f"The sandbox's Python could not be prepared in {home}: {error}. "
                "Mend: free some space there, or set XDG_CACHE_HOME to another folder."
            ) from error
    return Runtime(folder)


def _cache_folder(readable_by_all: bool) -> Path:
    """The first folder of ours that we can write and that nobody else can."""
    own = os.environ.get("XDG_CACHE_HOME")
    places = [Path(own)] if own and os.path.isabs(own) else []
    places.append(Path("/var/cache") if readable_by_all else Path.home() / ".cache")
    folders = [place / "espalier" for place in places]
    folders.append(Path(tempfile.gettempdir()) / f"espalier-cache-{os.geteuid()}")
    for folder in folders:
        try:
            folder.mkdir(mode=0o755, parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder, os.W_OK) and _is_ours(folder) and (not readable_by_all or _all_may_enter(folder)):
            return folder
    raise SandboxUnavailable(
        "No folder for the sandbox's Python: tried " + ", ".join(map(str, folders)) + ". "
        "Mend: set XDG_CACHE_HOME to a folder that you own and everybody may enter."
    )


def _is_ours(folder: Path) -> bool:
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_uid == os.geteuid() and not facts.st_mode & 0o022


def _all_may_enter(folder: Path) -> bool:
    resolved = folder.resolve()
    return all(place.stat().st_mode & stat.S_IXOTH for place in (resolved, *resolved.parents))


@contextmanager
def _lock(path: Path) -> Iterator[None]:
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _key() -> str:
    """Hash of what the copy is made from: names, sizes and times of every file."""
    content = hashlib.sha256(repr((_FORMAT, sys.version, str(_program()), sorted(_ETC.items()))).encode())
    for source in (_stdlib(), _dynload(), *_module_sources()):
        for file in _files(source):
            facts = file.stat()
            content.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return content.hexdigest()[:16]


def _program() -> Path:
    name = f"python{sysconfig.get_python_version()}"
    for program in (Path(sys.base_exec_prefix, "bin", name), Path(os.path.realpath(sys.executable))):
        if program.is_file():
            return program
    raise SandboxUnavailable(f"The interpreter of {sys.base_exec_prefix} was not found.")


def _stdlib() -> Path:
    return Path(sysconfig.get_path("stdlib", vars={"installed_base": sys.base_prefix, "base": sys.base_prefix}))


def _dynload() -> Path:
    base = {"installed_platbase": sys.base_exec_prefix, "platbase": sys.base_exec_prefix}
    return Path(sysconfig.get_path("platstdlib", vars=base)) / "lib-dynload"


def _module_sources() -> list[Path]:
    """Packages and modules of pytest and what it imports, wherever the running interpreter finds them."""
    sources = []
    for name in _MODULES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise SandboxUnavailable(f"`{name}` is not installed. Mend: {sys.executable} -m pip install pytest")
        origin = Path(spec.origin)
        sources.append(origin.parent if origin.name == "__init__.py" else origin)
    return sources


def _files(folder: Path) -> Iterator[Path]:
    """Every file to copy below `folder`, in a stable order; itself where it is one."""
    if folder.is_file():
        yield folder
    for place, folders, files in os.walk(folder, followlinks=False):
        folders[:] = sorted(name for name in folders if not _omitted(name))
        for name in sorted(files):
            file = Path(place, name)
            if not _omitted(name) and file.is_file():
                yield file


def _omitted(name: str) -> bool:
    return name in _STDLIB_OMITS or name.startswith(("config-3", "_tkinter.")) or name.endswith(_SUFFIX_OMITS)


def _build(folder: Path) -> None:
    """Copy everything beside `folder`, compile it, and move it there in one step."""
    for unfinished in folder.parent.glob(f"{_UNFINISHED}*"):
        shutil.rmtree(unfinished, ignore_errors=True)
    made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
    try:
        library = _copy_interpreter(made)
        for source in _module_sources():
            _copy(_files(source), source.parent, library / "site-packages")
        (library / "dist-packages").symlink_to("site-packages")
        for name, text in _ETC.items():
            (made / "etc").mkdir(exist_ok=True)
            (made / "etc" / name).write_text(text, encoding="utf-8")
        _compile(made)
        _open_to_all(made)
        made.rename(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def _copy_interpreter(made: Path) -> Path:
    """Copy program, standard library and the shared libraries they name; return the copied library folder."""
    program, stdlib, dynload = _program(), _stdlib(), _dynload()
    library = made / stdlib.relative_to(sys.base_prefix)
    _copy(_files(stdlib), stdlib, library)
    _copy(_files(dynload), dynload, library / "lib-dynload")
    _copy([program], program.parent, made / "bin")
    for link in ("python3", "python"):
        (made / "bin" / link).symlink_to(program.name)
    if sys.base_prefix not in ("/usr", "/usr/local"):
        binaries = [program, *dynload.glob("*.so")]
        libraries = Path(sys.base_prefix, "lib")
        _copy(_needed(binaries, sorted(libraries.glob("lib*.so*"))), libraries, made / "lib")
    return library


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


def _copy(files: Iterable[Path], source: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for file in files:
        copy = target / file.relative_to(source)
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, copy)
        copy.chmod(0o755 if os.access(file, os.X_OK) else 0o644)


def _compile(made: Path) -> None:
    """Compile with the copy itself, which also shows that it runs; unchecked, for it is mounted read-only."""
    environment = {"LD_LIBRARY_PATH": str(made / "lib"), "PATH": os.defpath}
    options = ["--invalidation-mode", "unchecked-hash", "-q", "-j", "0", "-s", str(made), "-p", str(MOUNT)]
    command = [str(made / "bin" / "python3"), "-s", "-P", "-m", "compileall", *options, str(made)]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode:
        said = (done.stderr or done.stdout).strip()[-500:]
        raise SandboxUnavailable(f"The copy of {sys.base_prefix} does not run: {said}")


def _open_to_all(made: Path) -> None:
    """Let every user read, whatever our umask."""
    for place in (made, *made.rglob("*")):
        if not place.is_symlink():
            place.chmod(place.stat().st_mode | (0o555 if place.is_dir() else 0o444))
