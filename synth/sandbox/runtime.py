"""The Python that candidate code runs on: a private, compiled copy of this interpreter with a stated set of packages.

A copy, because the interpreter may live in a home that the sandbox's user cannot read, and because its bytecode can
then be compiled once and trusted. Built once for each interpreter build and set of versions, then found by its key.
"""

import hashlib
import importlib.util
import os
import platform
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from importlib.metadata import Distribution
from pathlib import Path

from synth.errors import SandboxUnavailable
from synth.sandbox import copying, inside
from synth.sandbox.cache import cache_folder, keep, obtain, read_layers
from synth.sandbox.distributions import Package, describe, files, read_list, root, stated, write_list

MOUNT = Path("/runtime")
"""Where the sandbox sees the interpreter."""
INSIDE_MOUNT = Path("/espalier")
"""Where it sees the trusted programs, as a folder of modules."""
EXTRAS_MOUNT = Path("/packages")
"""Where it sees the added packages, as a folder of modules; the last on the module path, so they replace nothing."""

Say = Callable[[str], None]
_FORMAT = 4
_PACKAGES = ("synth", "synth/sandbox", "synth/sandbox/inside")
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
    """A prepared runtime: three folders, to be mounted read-only."""

    folder: Path
    """Interpreter, standard library and stated packages, for `MOUNT`."""
    inside: Path
    """The trusted programs `synth.sandbox.inside`, for `INSIDE_MOUNT`."""
    extras: Path | None = None
    """The added packages, for `EXTRAS_MOUNT`; None where none were added."""

    @property
    def libraries(self) -> bool:
        """Whether shared libraries came along, which the loader must be told of."""
        return any((self.folder / "lib").glob("lib*.so*"))

    def importable(self) -> frozenset[str]:
        """Top-level names that code can import there: standard library, stated and added packages."""
        places = [
            library / part
            for library in self.folder.glob("lib*/python3*")
            for part in ("", "lib-dynload", "site-packages")
        ]
        places += [self.extras] if self.extras else []
        names = {entry.name.partition(".")[0] for place in places for entry in place.iterdir()}
        return frozenset(name for name in names | set(sys.builtin_module_names) if name.isidentifier()) - {
            "__pycache__"
        }

    def packages(self) -> tuple[Package, ...]:
        """The stated and the added distributions, in exact versions, by name."""
        held = [*read_list(self.folder), *(read_list(self.extras) if self.extras else ())]
        return tuple(sorted(held, key=lambda package: package.key))


def prepare_runtime(readable_by_all: bool, cache: Path | None = None, say: Say | None = None) -> Runtime:
    """Return the runtime of the running interpreter, building it where it is not there yet (20 s, about 300 MB).

    `readable_by_all`: the sandbox runs as another user, so every folder above must let it through. `say` is told in
    words what takes time. It stays as it is while this process lives. Raises `SandboxUnavailable` where there is no
    place for it or the copy does not run.
    """
    home = cache_folder(readable_by_all) if cache is None else cache
    held, left_out = stated()
    if "pytest" not in held:
        raise SandboxUnavailable(f"`pytest` is not installed. Mend: {sys.executable} -m pip install pytest")
    folder = home / f"python-{platform.python_version()}-{_key(held)}"
    try:
        obtain(folder, partial(_build, held=held, left_out=left_out, say=say or _say_nothing))
        programs = _inside_sources()
        build_inside = partial(_build_inside, programs=programs, python=folder / "bin" / "python3")
        own = obtain(home / f"inside-{_inside_key(programs)}", build_inside)
    except OSError as error:
        raise SandboxUnavailable(
            f"The sandbox's Python could not be prepared in {home}: {error}. "
            "Mend: free some space there, or set XDG_CACHE_HOME to another folder."
        ) from error
    return Runtime(folder, own, _extras(home, say or _say_nothing))


def interpreter_kind() -> str:
    """What compiled packages and bytecode depend on, such as `cpython-311-x86_64-linux-gnu-a70d0d0a`."""
    soabi = sysconfig.get_config_var("SOABI") or f"{sys.implementation.cache_tag}-{platform.machine()}"
    return f"{soabi}-{importlib.util.MAGIC_NUMBER.hex()}"


def _say_nothing(_: str) -> None:
    pass


def _extras(home: Path, say: Say) -> Path | None:
    name = read_layers(home).get(interpreter_kind())
    if name is None:
        return None
    folder = home / name
    if folder.parent == home and keep(folder):
        return folder
    say(f"The packages added to the sandbox are gone from {folder}. Add them again: synth sandbox packages add NAME")
    return None


def _key(held: dict[str, Distribution]) -> str:
    """Hash of what the copy is made from: names, sizes and times of every file, and versions."""
    content = hashlib.sha256(repr((_FORMAT, sys.version, str(copying.program()), sorted(_ETC.items()))).encode())
    sources = [str(file) for place in (copying.stdlib(), copying.dynload()) for file in copying.stdlib_files(place)]
    for name, known in held.items():
        content.update(f"{name}\0{known.version}\n".encode())
        place = root(known)
        sources += [f"{place}/{path}" for path in files(known, with_tests=False)]
    for file in sources:
        facts = os.stat(file)
        content.update(f"{file}\0{facts.st_size}\0{facts.st_mtime_ns}\n".encode())
    return content.hexdigest()[:16]


def _build(made: Path, held: dict[str, Distribution], left_out: list[str], say: Say) -> None:
    say("Preparing the sandbox's Python: copying (once, about 20 seconds)")
    library = copying.library_folder(made)
    pairs = copying.interpreter_files(made)
    packages = []
    for known in held.values():
        paths = files(known, with_tests=False)
        place = root(known)
        pairs += [(place / path, library / "site-packages" / path) for path in paths]
        packages.append(describe(known, "stated", "", paths))
    copying.copy_all(pairs)
    for link in ("python3", "python"):
        (made / "bin" / link).symlink_to(copying.program().name)
    (library / "dist-packages").symlink_to("site-packages")
    (library / "site-packages" / "added.pth").write_text(f"{EXTRAS_MOUNT}\n", encoding="ascii")
    (made / "etc").mkdir()
    for name, text in _ETC.items():
        (made / "etc" / name).write_text(text, encoding="utf-8")
    write_list(made, packages, left_out)
    say(f"Preparing the sandbox's Python: compiling {len(pairs)} files")
    python, place = made / "bin" / "python3", library / "site-packages"
    targets = [target for _, target in pairs]
    strict = [target for target in targets if not target.is_relative_to(place)]
    copying.compile_all(python, strict, made, MOUNT)
    copying.compile_all(
        python, [target for target in targets if target.is_relative_to(place)], made, MOUNT, lenient=True
    )


def _inside_sources() -> list[Path]:
    return sorted(Path(inside.__file__).parent.glob("*.py"))


def _inside_key(programs: list[Path]) -> str:
    content = hashlib.sha256(repr((_FORMAT, interpreter_kind())).encode())
    for program in programs:
        content.update(f"{program.name}\0".encode() + program.read_bytes() + b"\0")
    return content.hexdigest()[:16]


def _build_inside(made: Path, programs: list[Path], python: Path) -> None:
    for name in _PACKAGES:
        (made / name).mkdir()
        (made / name / "__init__.py").touch()
    copying.copy_all([(program, made / _PACKAGES[-1] / program.name) for program in programs])
    copying.compile_all(python, sorted(made.rglob("*.py")), made, INSIDE_MOUNT)
