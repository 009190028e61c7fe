"""Before the start: may this job enter the sandbox at all? What may not is a bad sample, not a fault."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence, Set
from itertools import chain

from synth.records import CodeFile
from synth.sandbox.base import Job

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


def refuse(job: Job, importable: Set[str]) -> str | None:
    """Say why `job` may not start: a bad path, too much text, no test file, or a package that is not there."""
    every = (*job.files, *job.tests)
    checks = chain(
        filter(None, map(_path_fault, every)),
        filter(None, map(_text_fault, every)),
        _clashes([file.path for file in every]),
        _oversize(every, job.limits.disk_mb),
        [] if runnable(job.tests) else ["there is no test file"],
        missing_packages(job, importable),
    )
    return next(checks, None)


def runnable(tests: Sequence[CodeFile]) -> list[str]:
    """The files to run: those named like tests, or else every module among them."""
    modules = [file.path for file in tests if file.path.endswith(".py")]
    names = {path: path.rpartition("/")[2] for path in modules}
    named = [path for path in modules if re.fullmatch(r"tests?\.py|test_.*|.*_tests?\.py", names[path])]
    return named or [path for path in modules if names[path] not in ("__init__.py", "conftest.py")]


def missing_packages(job: Job, importable: Set[str]) -> list[str]:
    """One reason for each package that the job wants and that cannot be imported."""
    own = {file.path.partition("/")[0].removesuffix(".py") for file in (*job.files, *job.tests)}
    return [
        f"package {package!r} is not available in the sandbox"
        for package in job.packages
        if (name := _import_name(package)) and not {name, name.lower()} & (importable | own)
    ]


def _import_name(package: str) -> str | None:
    """The top-level module of a requirement such as `PyYAML>=6`; None for "no package"."""
    requirement = package.strip()
    name = re.split(r"[\s<>=!~;\[(@.]", requirement, maxsplit=1)[0].replace("-", "_")
    if {requirement.lower(), name.lower()} & _NO_PACKAGE:
        return None
    return _IMPORT_NAMES.get(name.lower(), name)


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
