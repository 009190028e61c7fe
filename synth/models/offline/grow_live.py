"""What the running interpreter itself knows: members of modules, methods of types, exceptions, codecs, digests.

Only modules that `data/lexicon/live.json` lists are ever imported: those that do nothing but define names.
"""

import builtins
import codecs
import errno
import hashlib
import importlib
import inspect
import os
import signal
import warnings
from collections.abc import Callable, Iterable, Mapping
from encodings.aliases import aliases
from functools import cache
from http import HTTPStatus

from synth.errors import BadInput
from synth.models.offline.lexicon import LEXICON, load_names, load_table
from synth.models.offline.phrases import is_readable, name_phrase, spell_out, split_identifier
from synth.records import FeaturePath

_LAST_COMMON_ERRNO = 40
"""POSIX's own; what lies above differs between systems."""
_CODEC_ERRORS = (
    "strict",
    "ignore",
    "replace",
    "backslashreplace",
    "xmlcharrefreplace",
    "namereplace",
    "surrogateescape",
)


def live_children(path: FeaturePath) -> list[str]:
    """Names that may stand below `path`, in a fixed order. Raises `BadInput` for a broken `live.json`."""
    if path[0] == "dependency relations":
        return _dependency_children(path[1:])
    found = [
        name for kind, of, form in _sources().get((path[0], _squash(path[-1])), ()) for name in _list(kind, of, form)
    ]
    if path[0] == "error handling":
        found += _subclasses(f"builtins:{_exceptions().get(_squash(path[-1]), '')}")
    return found


def _dependency_children(names: FeaturePath) -> list[str]:
    """Modules below the category, members below a module, methods or options below a member."""
    if names[:1] == ("standard library",):
        names = names[1:]
    if not names:
        return [module.split(".")[0] for module in load_names("live", "modules")]
    keys = tuple(map(_squash, names))
    module = next((_modules()[keys[:depth]] for depth in range(len(keys), 0, -1) if keys[:depth] in _modules()), None)
    if module is None:
        return []
    rest = keys[len(module.split(".")) :]
    if not rest:
        return [*_submodules(module), *_members(module)]
    member = _find(_load(module), rest)
    return _parts(member) if member is not None else []


def _find(owner: object, keys: Iterable[str]) -> object | None:
    for key in keys:
        name = next((name for name in dir(owner) if name[0] != "_" and _squash(name) == key), None)
        owner = inspect.getattr_static(owner, name) if name else None
        if owner is None:
            return None
    return owner


def _parts(member: object) -> list[str]:
    if inspect.isclass(member):
        return [_phrase(name) for name in _public(member) if callable(inspect.getattr_static(member, name))]
    if not callable(member):
        return []
    try:
        parameters = inspect.signature(member).parameters.values()
    except (TypeError, ValueError):
        return []  # a built-in that does not tell
    optional = [given for given in parameters if given.default is not given.empty and given.name[0] != "_"]
    return [
        f"{' '.join(words)} option"
        for given in optional
        if is_readable(words := spell_out(split_identifier(given.name)))
    ]


def _members(module: str) -> list[str]:
    """Public functions and classes of a module."""
    loaded = _load(module)
    own = getattr(loaded, "__all__", None) or [name for name in vars(loaded) if _is_own(vars(loaded)[name], module)]
    return [_phrase(name) for name in sorted(own) if _is_telling(name) and callable(getattr(loaded, name, None))]


def _methods(of: str) -> list[str]:
    """Public methods of `module:Class`."""
    return [_phrase(name) for name in _public(_resolve(of)) if _is_telling(name)]


def _subclasses(of: str) -> list[str]:
    """All classes below `module:Class` that the interpreter itself or the class's own module defines."""
    top = _resolve(of)
    waiting = [top] if isinstance(top, type) else []
    found: list[type] = []
    while waiting:
        kind = waiting.pop()
        below: list[type] = type.__subclasses__(kind)
        own = [item for item in below if item.__module__ == kind.__module__]
        found += own
        waiting += own
    return [_phrase(kind.__name__) for kind in sorted(found, key=lambda kind: kind.__name__) if kind.__name__[0] != "_"]


def _errno_messages(_: str) -> list[str]:
    return [os.strerror(code).lower() for code in sorted(errno.errorcode) if code <= _LAST_COMMON_ERRNO]


def _signals(_: str) -> list[str]:
    known = [signal.strsignal(number) for number in sorted(signal.valid_signals()) if number < signal.SIGTERM + 1]
    return [text.split(":")[0].lower() for text in known if text]


_KINDS: Mapping[str, Callable[[str], list[str]]] = {
    "members": lambda of: [name for name in _members(of) if is_readable(name.split())],
    "methods": _methods,
    "subclasses": _subclasses,
    "errno": _errno_messages,
    "signals": _signals,
    "hashes": lambda _: [name.replace("_", "-") for name in sorted(hashlib.algorithms_guaranteed)],
    "codecs": lambda _: [name.replace("_", "-") for name in sorted(set(aliases.values()))],
    "codec errors": lambda _: [name for name in _CODEC_ERRORS if codecs.lookup_error(name) is not None],
    "http status": lambda _: [f"{status.value} {status.phrase.lower()}" for status in HTTPStatus],
}


@cache
def _list(kind: str, of: str, form: str) -> tuple[str, ...]:
    return tuple(form.format(name) for name in _KINDS[kind](of))


@cache
def _sources() -> Mapping[tuple[str, str], tuple[tuple[str, str, str], ...]]:
    """By category and squashed name: kind, object and form of what stands below."""
    found: dict[tuple[str, str], list[tuple[str, str, str]]] = {}
    entries = load_table("live").get("sources")
    for number, entry in enumerate(entries if isinstance(entries, list) else ()):
        try:
            source = (entry["kind"], entry.get("of", ""), entry["as"])
            for name in entry["names"]:
                found.setdefault((entry["category"], _squash(name)), []).append(source)
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput(f"{LEXICON}/live.json, source {number}: needs category, names, kind and as.") from error
        if source[0] not in _KINDS:
            raise BadInput(f"{LEXICON}/live.json, source {number}: kind must be one of {', '.join(_KINDS)}.")
    return {key: tuple(known) for key, known in found.items()}


@cache
def _load(module: str) -> object:
    if module != "builtins" and module not in load_names("live", "modules"):
        raise BadInput(f"{LEXICON}/live.json: `{module}` is not among its modules, so it is not imported.")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return importlib.import_module(module)
        except ImportError:
            return None  # a Python built without it


def _resolve(of: str) -> object:
    module, _, name = of.partition(":")
    return getattr(_load(module), name, None)


@cache
def _modules() -> Mapping[tuple[str, ...], str]:
    return {tuple(map(_squash, name.split("."))): name for name in load_names("live", "modules")}


@cache
def _exceptions() -> Mapping[str, str]:
    known = (
        name
        for name, value in sorted(vars(builtins).items())
        if isinstance(value, type) and issubclass(value, Exception)
    )
    return {_squash(name): name for name in known}


def _submodules(module: str) -> list[str]:
    deep = len(module.split("."))
    return [name.split(".")[deep] for name in load_names("live", "modules") if name.startswith(f"{module}.")]


def _public(kind: object) -> list[str]:
    return sorted(name for name in dir(kind) if not name.startswith("_"))


def _is_own(value: object, module: str) -> bool:
    return getattr(value, "__module__", None) == module


def _is_telling(name: str) -> bool:
    return not name.startswith("_") and not (name.isupper() and len(name) > 1) and len(name) > 2


def _phrase(name: str) -> str:
    return name_phrase(name)


def _squash(name: str) -> str:
    return "".join(char for char in name.lower() if char not in " _-")
