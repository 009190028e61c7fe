"""Extending the sandbox's Python on purpose: packages added from the environment, or as wheels from an index.

They lie in a layer of their own, `packages-<key>`, beside the interpreter's folder; the layer that counts is the one
that the list beside them names. Nothing of this ever happens for a job.
"""

import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from importlib.metadata import Distribution
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from synth.errors import BadInput
from synth.sandbox import copying
from synth.sandbox.cache import cache_folder, locked, obtain, read_layers, write_layers
from synth.sandbox.distributions import (
    Closure,
    Find,
    Origin,
    Package,
    check_name,
    closure,
    describe,
    files,
    found_in,
    installed,
    read_list,
    root,
    write_list,
)
from synth.sandbox.runtime import EXTRAS_MOUNT, Runtime, Say, interpreter_kind, prepare_runtime
from synth.sandbox.wheels import fetch, plain

_FETCHES = 12
_ADDING = "adding-"


class Listed(NamedTuple):
    """One distribution that code in the sandbox can import."""

    name: str
    version: str
    origin: Origin


def listed(readable_by_all: bool | None = None, cache: Path | None = None, say: Say | None = None) -> list[Listed]:
    """The distributions of the sandbox, stated and added, by name. Raises `SandboxUnavailable`.

    `readable_by_all`: as for `prepare_runtime`; None: as the superuser needs it, where we are the superuser.
    """
    held = prepare_runtime(_readable(readable_by_all), cache, say).packages()
    return [Listed(each.name, each.version, each.origin) for each in held]


def add(
    names: Sequence[str], readable_by_all: bool | None = None, cache: Path | None = None, say: Say | None = None
) -> tuple[Package, ...]:
    """Add packages with all that they need, and return those that are new or in another version.

    Taken from the running environment where it has them, else as wheels from the index that pip is set to. Raises
    `BadInput` with the reason; then nothing is changed.
    """
    asked: dict[str, Requirement] = {canonicalize_name(each.name): each for each in map(check_name, names)}
    with _changing(readable_by_all, cache, say) as (home, runtime):
        _refuse_stated(asked, runtime)
        before = {} if runtime.extras is None else {each.key: each for each in read_list(runtime.extras)}
        stated = {each.key for each in read_list(runtime.folder)}
        wanted = {name: Requirement(each.asked) for name, each in before.items() if each.asked}
        wanted |= {name: each for name, each in asked.items() if name not in stated}
        scratch = Path(tempfile.mkdtemp(prefix=_ADDING, dir=home))
        try:
            known, origins = _gather(wanted, runtime, scratch, say or _say_nothing)
            after = _replace(home, runtime, wanted, known, origins, say or _say_nothing)
        finally:
            shutil.rmtree(scratch, ignore_errors=True)
    return tuple(each for each in after if before.get(each.key) != each)


def remove(
    names: Sequence[str], readable_by_all: bool | None = None, cache: Path | None = None, say: Say | None = None
) -> tuple[Package, ...]:
    """Remove packages that were added, with all that nothing else needs, and return what is gone. Raises `BadInput`."""
    asked = {canonicalize_name(each.name) for each in map(check_name, names)}
    with _changing(readable_by_all, cache, say) as (home, runtime):
        before = () if runtime.extras is None else read_list(runtime.extras)
        added = {each.key: each for each in before if each.asked}
        if unknown := sorted(asked - added.keys()):
            raise BadInput(f"{unknown[0]} was not added to the sandbox, so it cannot be removed")
        wanted = {name: Requirement(each.asked) for name, each in added.items() if name not in asked}
        known, origins = _gather(wanted, runtime, None, say or _say_nothing)
        after = {each.key for each in _replace(home, runtime, wanted, known, origins, say or _say_nothing)}
    return tuple(each for each in before if each.key not in after)


@contextmanager
def _changing(readable_by_all: bool | None, cache: Path | None, say: Say | None) -> Iterator[tuple[Path, Runtime]]:
    """The folder of folders and the runtime as it is, with the right to change what is added."""
    readable = _readable(readable_by_all)
    home = cache_folder(readable) if cache is None else cache
    with locked(home / "packages.lock"):
        for unfinished in home.glob(f"{_ADDING}*"):
            shutil.rmtree(unfinished, ignore_errors=True)
        yield home, prepare_runtime(readable, home, say)


def _readable(readable_by_all: bool | None) -> bool:
    return os.geteuid() == 0 if readable_by_all is None else readable_by_all


def _say_nothing(_: str) -> None:
    pass


def _refuse_stated(asked: Mapping[str, Requirement], runtime: Runtime) -> None:
    for each in read_list(runtime.folder):
        if each.key in asked and not asked[each.key].specifier.contains(each.version, prereleases=True):
            raise BadInput(
                f"{asked[each.key]}: {each.name} {each.version} belongs to the stated set of the sandbox, "
                "which has every package in one version only. Nothing was changed"
            )


def _gather(
    wanted: Mapping[str, Requirement], runtime: Runtime, scratch: Path | None, say: Say
) -> tuple[dict[str, Distribution], dict[str, str]]:
    """All distributions to add, by name, and the folder or environment that each comes from.

    Of the places that may have one, the first that fits counts: the stated set, what was fetched just now, what was
    added before, the environment. What none has is fetched into `scratch`, if there is one.
    """
    stated = {each.key for each in read_list(runtime.folder)}
    library = next(runtime.folder.glob("lib*/python3*/site-packages"))
    places: list[tuple[str, Find]] = [("environment", _installed)]
    before: dict[str, str] = {}
    if runtime.extras is not None:
        before = {each.key: each.origin for each in read_list(runtime.extras)}
        places = [("before", found_in(runtime.extras)), *places]
    specifiers: dict[str, set[str]] = {}
    for turn in range(_FETCHES):
        chosen: dict[str, str] = {}
        find = partial(_find, [("stated", found_in(library)), *places], wanted, chosen)
        result = closure(wanted.values(), find)
        if not result.missing:
            new = {name: known for name, known in result.found.items() if name not in stated}
            origins = {name: before[name] if chosen[name] == "before" else chosen[name] for name in new}
            return new, origins
        if scratch is None:
            raise BadInput(f"{plain(result.missing[0])} is needed and gone. Nothing was changed")
        needed = _to_fetch(result, specifiers, stated)
        place = scratch / str(turn)
        fetch(needed, place, say)
        places = [("downloaded", found_in(place)), *places]
    raise BadInput("Versions that fit each other were not found. Nothing was changed")


def _installed(name: str) -> Distribution | None:
    """As `installed`, where the distribution says which files are its own, which packages of a system may not do."""
    known = installed(name)
    return known if known is not None and known.read_text("RECORD") is not None else None


def _find(
    places: Sequence[tuple[str, Find]], wanted: Mapping[str, Requirement], chosen: dict[str, str], name: str
) -> Distribution | None:
    """The first distribution of this name that fits what was asked for by name."""
    for origin, find in places:
        known = find(name)
        asked = wanted.get(name)
        if known is not None and (asked is None or asked.specifier.contains(known.version, prereleases=True)):
            chosen[name] = origin
            return known
    return None


def _to_fetch(result: Closure, specifiers: dict[str, set[str]], stated: set[str]) -> list[Requirement]:
    """What to get next: all that is missing, in versions that fit everything that was said about it so far."""
    needed: dict[str, Requirement] = {}
    for each in result.missing:
        name = canonicalize_name(each.name)
        if name in stated:
            raise BadInput(f"{plain(each)} is needed, and the sandbox has another version of it. Nothing was changed")
        known = specifiers.setdefault(name, set())
        known.update(str(part) for part in each.specifier)
        needed[name] = Requirement(f"{name}{','.join(sorted(known))}")
    return list(needed.values())


def _replace(
    home: Path,
    runtime: Runtime,
    wanted: Mapping[str, Requirement],
    known: Mapping[str, Distribution],
    origins: Mapping[str, str],
    say: Say,
) -> tuple[Package, ...]:
    """Make the layer of these distributions and have it count from now on; return what it holds."""
    layers = read_layers(home)
    layers.pop(interpreter_kind(), None)
    packages, pairs = [], {}
    for name, each in sorted(known.items()):
        paths = files(each, with_tests=True)
        place = root(each)
        asked = str(wanted[name]) if name in wanted else ""
        origin: Origin = "environment" if origins[name] == "environment" else "downloaded"
        packages.append(describe(each, origin, asked, paths))
        pairs.update({path: place / path for path in paths})
    _refuse_shadows(packages, runtime)
    if packages:
        folder = home / f"packages-{_key(packages)}"
        obtain(folder, partial(_build, packages=packages, pairs=pairs, python=runtime.folder / "bin/python3", say=say))
        layers[interpreter_kind()] = folder.name
    write_layers(home, layers)
    return tuple(packages)


def _refuse_shadows(packages: Sequence[Package], runtime: Runtime) -> None:
    """A package may not stand in for a module of the standard library, of the stated set, or of ours."""
    taken = {module for each in read_list(runtime.folder) for module in each.imports}
    taken |= {*sys.stdlib_module_names, *sys.builtin_module_names, "synth"}
    for each in packages:
        if shadows := sorted(taken.intersection(each.imports)):
            raise BadInput(
                f"{each.name} {each.version} has a module {shadows[0]!r}, which the sandbox has already. "
                "Nothing was changed"
            )


def _key(packages: Sequence[Package]) -> str:
    return hashlib.sha256(repr((interpreter_kind(), packages)).encode()).hexdigest()[:16]


def _build(made: Path, packages: Sequence[Package], pairs: Mapping[str, Path], python: Path, say: Say) -> None:
    say(f"Adding to the sandbox: {', '.join(f'{each.name} {each.version}' for each in packages)}")
    copying.copy_all([(source, made / path) for path, source in pairs.items()])
    write_list(made, packages)
    copying.compile_all(python, [made / path for path in pairs], made, EXTRAS_MOUNT, lenient=True)
