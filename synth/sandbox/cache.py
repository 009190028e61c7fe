"""Where the sandbox's Python is kept: a folder for each key, built once, kept while used, removed when forgotten."""

import fcntl
import json
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from synth.errors import SandboxUnavailable
from synth.sandbox.copying import open_to_all

FORGOTTEN_SECONDS = 7 * 24 * 3600
LAYERS = "packages.json"
"""Beside the folders: the folder of added packages, by kind of interpreter."""

_UNFINISHED = "building-"
_KINDS = ("python-", "inside-", "packages-")
_kept: dict[Path, int] = {}
_keeping = threading.Lock()


def cache_folder(readable_by_all: bool) -> Path:
    """The first folder of ours that we can write and that nobody else can. Raises `SandboxUnavailable`."""
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
def locked(path: Path) -> Iterator[None]:
    """Only one process at a time, of those that lock `path`."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def obtain(folder: Path, build: Callable[[Path], None]) -> Path:
    """Return `folder`, made by `build` in an empty folder beside it where it is not there yet.

    It is kept from removal for as long as this process lives. Of processes that want it at once, one builds. Raises
    `OSError`, and what `build` raises; then nothing is left behind.
    """
    if keep(folder):
        return folder
    with locked(folder.parent / "runtime.lock"):
        if keep(folder):
            return folder
        for unfinished in folder.parent.glob(f"{_UNFINISHED}*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder.parent))
        try:
            build(made)
            open_to_all(made)
            made.rename(folder)
        finally:
            shutil.rmtree(made, ignore_errors=True)
        keep(folder)
        _remove_forgotten(folder.parent)
    return folder


def keep(folder: Path) -> bool:
    """Keep `folder` from removal while this process lives; False where it is not there."""
    with _keeping:
        try:
            held, wanted = _kept.get(folder), os.stat(folder)
            if held is None or not os.path.samestat(os.fstat(held), wanted):
                held = _kept[folder] = _hold(folder)
        except OSError:
            return False
        with suppress(OSError):
            os.utime(folder)
        return True


def _hold(folder: Path) -> int:
    """A descriptor that says to others that the folder is used. Raises `OSError` where it goes away meanwhile."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
        if not os.path.samestat(os.fstat(descriptor), os.stat(folder)):
            raise FileNotFoundError(folder)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _remove_forgotten(home: Path) -> None:
    """Remove the folders that nobody has used for long; call it with the lock."""
    listed = set(read_layers(home).values())
    for folder in home.iterdir():
        if folder.name.startswith(_KINDS) and folder.name not in listed and _is_forgotten(folder):
            with suppress(OSError):
                _remove_unused(folder)


def _is_forgotten(folder: Path) -> bool:
    facts = folder.lstat()
    return stat.S_ISDIR(facts.st_mode) and facts.st_mtime < time.time() - FORGOTTEN_SECONDS


def _remove_unused(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        gone = folder.with_name(f"{_UNFINISHED}{folder.name}")
        folder.rename(gone)
        shutil.rmtree(gone, ignore_errors=True)
    finally:
        os.close(descriptor)


def read_layers(home: Path) -> dict[str, str]:
    """Names of the folders of added packages, by kind of interpreter; empty where none were added."""
    try:
        layers = json.loads((home / LAYERS).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(kind): str(name) for kind, name in layers.items()} if isinstance(layers, dict) else {}


def write_layers(home: Path, layers: dict[str, str]) -> None:
    """Replace what `read_layers` gives, in one step."""
    new = home / f"{_UNFINISHED}{LAYERS}"
    new.write_text(json.dumps(layers, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    new.replace(home / LAYERS)
