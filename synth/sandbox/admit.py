"""Before the start: may this job enter the sandbox at all? What may not is a bad sample, not a fault."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import chain

from packaging.requirements import InvalidRequirement, Requirement
from packaging.utils import canonicalize_name

from synth.errors import BadInput
from synth.records import CodeFile
from synth.sandbox.base import Job, Script
from synth.sandbox.distributions import Package, applies, check_name

_IMPORT_NAMES = {
    "attrs": "attr",
    "beautifulsoup4": "bs4",
    "opencv_python": "cv2",
    "pillow": "PIL",
    "python_dateutil": "dateutil",
    "python_dotenv": "dotenv",
    "pyyaml": "yaml",
    "scikit_image": "skimage",
    "scikit_learn": "sklearn",
}
_NO_PACKAGE = frozenset({"", "none", "n/a", "na", "python", "python3", "standard library", "stdlib"})
_NAME_BYTES = 255
_PATH_BYTES = 1024
_REQUIREMENT_CHARACTERS = 200


def refuse(job: Job, importable: Set[str], packages: Iterable[Package] = ()) -> str | None:
    """Say why `job` may not start: a bad path, too much text, no test file, or a package that is not there.

    `importable` and `packages`: what the sandbox has, as `Runtime` says it.
    """
    every = (*job.files, *job.tests)
    checks = chain(
        _file_faults(every, job.limits.disk_mb),
        [] if runnable(job.tests) else ["there is no test file"],
        missing_packages(job, importable, packages),
    )
    return next(checks, None)


def refuse_script(script: Script, importable: Set[str], packages: Iterable[Package] = ()) -> str | None:
    """As `refuse`, for a program."""
    checks = chain(
        _file_faults(script.files, script.limits.disk_mb),
        [] if script.main in {file.path for file in script.files} else [f"there is no file {script.main!r}"],
        missing_packages(script, importable, packages),
    )
    return next(checks, None)


def _file_faults(every: Sequence[CodeFile], disk_mb: int) -> Iterable[str]:
    return chain(
        filter(None, map(_path_fault, every)),
        filter(None, map(_text_fault, every)),
        _clashes([file.path for file in every]),
        _oversize(every, disk_mb),
    )


def runnable(tests: Sequence[CodeFile]) -> list[str]:
    """The files to run: those named like tests, or else every module among them."""
    modules = [file.path for file in tests if file.path.endswith(".py")]
    names = {path: path.rpartition("/")[2] for path in modules}
    named = [path for path in modules if re.fullmatch(r"tests?\.py|test_.*|.*_tests?\.py", names[path])]
    return named or [path for path in modules if names[path] not in ("__init__.py", "conftest.py")]


def missing_packages(wants: Job | Script, importable: Set[str], packages: Iterable[Package] = ()) -> list[str]:
    """One reason for each package that is wanted and that cannot be imported, or not in a version that fits."""
    if not wants.packages:
        return []
    every = (*wants.files, *wants.tests) if isinstance(wants, Job) else wants.files
    own = {file.path.partition("/")[0].removesuffix(".py") for file in every}
    held = list(packages)
    known = {module: each for each in held for module in each.imports} | {each.key: each for each in held}
    return [reason for package in wants.packages if (reason := _package_fault(package, importable | own, own, known))]


def _package_fault(package: str, importable: Set[str], own: Set[str], known: dict[str, Package]) -> str | None:
    if len(package) > _REQUIREMENT_CHARACTERS:
        return f"package {package[:80]!r}... is not the name of a package"
    requirement = _parse(package)
    name = requirement.name if requirement else re.split(r"[\s<>=!~;\[(@.]", package.strip(), maxsplit=1)[0]
    words = package.strip().lower()
    if {words, name.lower() or words} & _NO_PACKAGE or (requirement and not applies(requirement)):
        return None
    module = name.replace("-", "_").partition(".")[0]
    module = _IMPORT_NAMES.get(module.lower(), module)
    held = known.get(canonicalize_name(name)) or known.get(module)
    if {module, module.lower()} & own:
        return None
    if held and requirement and not requirement.specifier.contains(held.version, prereleases=True):
        return f"package {package!r} is not in the sandbox, which has {held.name} {held.version}"
    if held or {module, module.lower()} & importable:
        return None
    return f"package {package!r} is not in the sandbox{_mend(name)}"


def _parse(package: str) -> Requirement | None:
    """The requirement, if it is one; models write other things too."""
    try:
        return Requirement(package.strip())
    except InvalidRequirement:
        return None


def _mend(name: str) -> str:
    """How to add the package: in words that a person may copy into a shell, so only with a name that is one."""
    distributions = {module: each.replace("_", "-") for each, module in _IMPORT_NAMES.items()}
    try:
        wanted = check_name(distributions.get(name, name)).name
    except BadInput:
        return ", and no package can have this name"
    return f"; add it with `synth sandbox packages add {wanted}`"


def _path_fault(file: CodeFile) -> str | None:
    path = file.path
    parts = path.split("/")
    try:
        sizes = [len(part.encode()) for part in parts]
    except UnicodeEncodeError:
        return f"file name {path!r} is not valid text"
    if not path:
        return "a file has no name"
    if path.startswith("/") or "\\" in path or "\0" in path:
        return f"file name {path!r} is not a relative path"
    if any(part in ("", ".", "..") for part in parts):
        return f"file name {path!r} has an empty, `.` or `..` part"
    if max(sizes) > _NAME_BYTES or sum(sizes) + len(sizes) > _PATH_BYTES:
        return f"file name {path[:80]!r}... is too long"
    return None


def _text_fault(file: CodeFile) -> str | None:
    try:
        file.text.encode()
    except UnicodeEncodeError as error:
        return f"file {file.path!r} is not valid text: {error.reason} at character {error.start}"
    return None


def _clashes(paths: list[str]) -> list[str]:
    """Names given twice, and names that are a file and a folder at once."""
    folders = {path[:place] for path in paths for place, sign in enumerate(path) if sign == "/"}
    twice = [f"file name {path!r} is given twice" for path, times in Counter(paths).items() if times > 1]
    return twice + [f"{path!r} is both a file and a folder" for path in paths if path in folders]


def _oversize(files: Iterable[CodeFile], disk_mb: int) -> list[str]:
    size = sum(len(file.text.encode(errors="replace")) for file in files)
    return [f"the files hold {size} bytes, more than {disk_mb} MiB"] if size > disk_mb * 1024 * 1024 else []
