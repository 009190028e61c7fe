"""What tests that are judged apart may use of Python, pytest and the packages: values, and what tests are written with.

A list of what is known to mean the same with the solution in another process. Clocks, files, patches, captured output
and the state of the process do not.
"""

from collections.abc import Iterator

_VALUES = {"base64", "binascii", "bisect", "calendar", "cmath", "copy", "datetime", "decimal", "fractions", "hashlib"}
_VALUES |= {"heapq", "hmac", "html", "json", "math", "pathlib", "re", "statistics", "string", "struct", "sys"}
_VALUES |= {"numpy", "pandas", "textwrap", "time", "unicodedata", "urllib.parse", "uuid", "zlib", "zoneinfo"}
_WORDS = {"__future__", "abc", "collections", "contextlib", "dataclasses", "enum", "functools", "itertools", "numbers"}
_WORDS |= {"operator", "pytest", "typing", "typing_extensions", "unittest"}
_MODULES = frozenset(_VALUES | _WORDS)
"""Modules that turn values into values, and those that tests are written with."""
_FROM = {
    "contextlib": frozenset({"contextmanager", "nullcontext", "suppress"}),
    "dataclasses": frozenset({"FrozenInstanceError", "dataclass", "field"}),
    "pathlib": frozenset({"PurePath", "PurePosixPath"}),
    "pytest": frozenset({"FixtureRequest", "approx", "fail", "fixture", "mark", "param", "raises", "skip", "xfail"}),
    "sys": frozenset({"byteorder", "float_info", "maxsize", "maxunicode", "platform", "version_info"}),
    "time": frozenset({"sleep"}),
    "unittest": frozenset({"SkipTest", "TestCase", "expectedFailure", "main", "skip", "skipIf", "skipUnless"}),
    "uuid": frozenset({"NAMESPACE_DNS", "NAMESPACE_URL", "UUID", "uuid1", "uuid3", "uuid4", "uuid5"}),
}
"""Of these modules only these names."""
_NOT_FROM = {
    "numpy": frozenset({"load", "save", "savez", "loadtxt", "savetxt", "genfromtxt", "fromfile", "memmap", "lib"}),
    "pandas": frozenset({"io", "option_context", "set_option", "HDFStore", "ExcelWriter", "ExcelFile"}),
    "functools": frozenset({"singledispatch", "singledispatchmethod"}),
}
_CHANCE = frozenset({"random", "numpy.random"})


def not_allowed(module: str, name: str, *, chance: bool) -> Iterator[str]:
    """What speaks against a module of someone else's, or against `name` in it ("" for the module as such).

    chance: whether random numbers are harmless, because the solution draws none that the tests could have seeded.
    """
    module, name = _split(module, name)
    root, _, inner = module.partition(".")
    first = (inner or name).partition(".")[0]
    if {root, f"{root}.{first}"} & _CHANCE:
        if not chance:
            yield f"the tests use {root}.{first}" if root == "numpy" else "the tests use random"
    elif root not in _MODULES and module not in _MODULES:
        yield f"the tests use {module}"
    elif first and (first not in _FROM.get(root, {first}) or first in _NOT_FROM.get(root, ()) or _reads(root, first)):
        yield f"the tests use {root}.{first}"


def _split(module: str, name: str) -> tuple[str, str]:
    """Into a module and the name in it, as far as we list it."""
    if module == "urllib" and name.startswith("parse"):
        return "urllib.parse", name.removeprefix("parse").lstrip(".")
    return module, name


def _reads(root: str, name: str) -> bool:
    return root == "pandas" and name.startswith("read_")
