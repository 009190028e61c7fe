"""Which distributions the sandbox's Python holds: the stated set, what it needs in turn, and their files."""

import csv
import hashlib
import importlib.util
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path
from typing import Literal

from packaging.markers import UndefinedComparison, UndefinedEnvironmentName
from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from synth.errors import BadInput

STATED = (
    "pytest",
    "attrs",
    "click",
    "hypothesis",
    "jinja2",
    "jsonschema",
    "networkx",
    "numpy",
    "packaging",
    "pandas",
    "pydantic",
    "python-dateutil",
    "pyyaml",
    "regex",
    "requests",
    "rich",
    "six",
    "sortedcontainers",
    "sympy",
    "tqdm",
    "typing-extensions",
    "tzdata",
)
"""What code may count on, `pytest` first, because nothing works without it. One that is not installed is left out."""

LIST = "packages.json"
"""In each prepared folder: what it holds, in exact versions."""

Origin = Literal["stated", "environment", "downloaded"]
Find = Callable[[str], Distribution | None]
_PART = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?"
_NAME = re.compile(rf"{_PART}(?:\[{_PART}(?:,{_PART})*\])?(?:==([A-Za-z0-9.!+_-]{{1,60}}))?", re.ASCII)
_OMITS = (".pyc", ".a", ".o", ".exe", ".pth")
_OMITTED_MODULES = ("sitecustomize.py", "usercustomize.py")
_OMITTED_FACTS = ("INSTALLER", "REQUESTED", "direct_url.json")
_OMITTED_FOLDERS = ("bin", "synth")
_TEST_FOLDER = "tests"


@dataclass(frozen=True, slots=True)
class Package:
    """One distribution of the sandbox's Python."""

    name: str
    version: str
    origin: Origin
    """`stated`; or added, from the running `environment` or `downloaded`."""
    asked: str
    """The requirement by which it was asked for; empty where another package needs it."""
    imports: tuple[str, ...]
    """Top-level modules."""
    record: str
    """SHA-256 of its list of files and their hashes."""

    @property
    def key(self) -> str:
        """The name as distributions are compared: lower case, with hyphens."""
        return canonicalize_name(self.name)


@dataclass(frozen=True, slots=True)
class Closure:
    """Distributions and what they need."""

    found: Mapping[str, Distribution]
    """By canonical name."""
    missing: tuple[Requirement, ...]
    """What was not found, or not in a version that fits."""


def check_name(text: str) -> Requirement:
    """A package as a person names it: `name`, `name==version`, `name[extra]`; nothing else. Raises `BadInput`."""
    matched = _NAME.fullmatch(text)
    if matched is None:
        raise BadInput(f"{text[:100]!r} is not the name of a package. Give NAME or NAME==VERSION")
    try:
        return Requirement(text)
    except InvalidRequirement as error:
        raise BadInput(f"{text!r} does not name a version of a package. Give NAME or NAME==VERSION") from error


def installed(name: str) -> Distribution | None:
    """The distribution of this name in the running environment, unless it is a link to a folder of sources."""
    try:
        known = distribution(name)
        link = json.loads(known.read_text("direct_url.json") or "{}")
    except (PackageNotFoundError, ValueError):
        return None
    return None if link.get("dir_info", {}).get("editable") else known


def found_in(folder: Path) -> Find:
    """Finds distributions in a folder of packages."""

    def find(name: str) -> Distribution | None:
        return next(iter(Distribution.discover(name=name, path=[str(folder)])), None)

    return find


def closure(asked: Iterable[Requirement], find: Find) -> Closure:
    """Return the distributions asked for and all that they need, as `find` knows them."""
    found: dict[str, Distribution] = {}
    extras: dict[str, set[str]] = {}
    missing: list[Requirement] = []
    pending = list(asked)
    while pending:
        wanted = pending.pop()
        name = canonicalize_name(wanted.name)
        known = found.get(name) or find(name)
        if known is None or not wanted.specifier.contains(known.version, prereleases=True):
            missing.append(wanted)
        elif name not in found or not wanted.extras <= extras[name]:
            found[name] = known
            extras.setdefault(name, set()).update(wanted.extras)
            pending += needs(known, extras[name])
    return Closure(found, tuple(missing))


def needs(known: Distribution, extras: Iterable[str]) -> Iterator[Requirement]:
    """The requirements of a distribution that count here, those of its `extras` included."""
    for line in known.requires or ():
        try:
            wanted = Requirement(line)
            if any(applies(wanted, extra) for extra in ("", *extras)):
                yield wanted
        except InvalidRequirement:
            continue


def applies(wanted: Requirement, extra: str = "") -> bool:
    """Whether a requirement's marker holds for this interpreter."""
    try:
        return wanted.marker is None or wanted.marker.evaluate({"extra": extra})
    except (UndefinedComparison, UndefinedEnvironmentName):
        return True


def stated(find: Find = installed) -> tuple[dict[str, Distribution], list[str]]:
    """The stated set with all that it needs, by canonical name, and the names that are left out."""
    found: dict[str, Distribution] = {}
    left_out = []
    for name in STATED:
        part = closure([Requirement(name)], find)
        if part.missing:
            left_out.append(name)
        else:
            found.update(part.found)
    return dict(sorted(found.items())), left_out


def root(known: Distribution) -> Path:
    """The folder that holds the distribution's packages."""
    return Path(str(known.locate_file("")))


def files(known: Distribution, with_tests: bool) -> list[str]:
    """The files that the sandbox needs of a distribution, relative to `root`, sorted."""
    record = known.read_text("RECORD")
    if record is None:
        return sorted(_unrecorded(known, with_tests))
    paths = (row[0] for row in csv.reader(record.splitlines()) if row)
    return sorted({path for path in paths if _wanted(path, with_tests)})


def _wanted(path: str, with_tests: bool) -> bool:
    """Whether to copy. Never what runs at the start of every Python, nor what lies outside the folder of packages."""
    parts = path.split("/")
    if "\\" in path or "\0" in path or "" in parts or ".." in parts or "__pycache__" in parts or path.endswith(_OMITS):
        return False
    if len(parts) == 1:
        return path not in _OMITTED_MODULES
    if parts[0].endswith(".dist-info"):
        return parts[-1] not in _OMITTED_FACTS
    return parts[0] not in _OMITTED_FOLDERS and (with_tests or _TEST_FOLDER not in parts[:-1])


def _unrecorded(known: Distribution, with_tests: bool) -> Iterator[str]:
    """As `files`, for a distribution of the system that comes without a list of files."""
    place, key = root(known), canonicalize_name(known.name)
    names = (known.read_text("top_level.txt") or known.name.replace("-", "_")).split()
    tops = [Path(spec.origin) for name in names if (spec := importlib.util.find_spec(name)) and spec.origin]
    tops = [top.parent if top.name == "__init__.py" else top for top in tops]
    tops += [entry for entry in place.glob("*-info") if canonicalize_name(entry.name.split("-")[0]) == key]
    for top in tops:
        for file in [top] if top.is_file() else top.rglob("*"):
            if file.is_file() and file.is_relative_to(place):
                path = file.relative_to(place).as_posix()
                if _wanted(path, with_tests):
                    yield path


def describe(known: Distribution, origin: Origin, asked: str, paths: Iterable[str]) -> Package:
    """What is to be remembered of a distribution whose files are `paths`."""
    modules = {path for path in paths if path.endswith((".py", ".so"))}
    tops = {top if rest else top.partition(".")[0] for top, _, rest in (path.partition("/") for path in modules)}
    imports = tuple(sorted(name for name in tops if name.isidentifier()))
    record = hashlib.sha256((known.read_text("RECORD") or repr(sorted(paths))).encode()).hexdigest()
    return Package(known.name, known.version, origin, asked, imports, record)


def write_list(folder: Path, packages: Iterable[Package], left_out: Iterable[str] = ()) -> None:
    """Write down what a prepared folder holds."""
    facts = {"packages": [asdict(each) for each in packages], "left_out": sorted(left_out)}
    (folder / LIST).write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")


def read_list(folder: Path) -> tuple[Package, ...]:
    """What `write_list` wrote. Raises `OSError` or `ValueError` where it cannot be read."""
    facts = json.loads((folder / LIST).read_text(encoding="utf-8"))
    return tuple(Package(**{**each, "imports": tuple(each["imports"])}) for each in facts["packages"])
