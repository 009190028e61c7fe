"""The tests of a plain file, collected as pytest would: functions, `Test` classes, unittest classes, scripts."""

import functools
import importlib
import importlib.util
import inspect
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from types import FunctionType, ModuleType
from typing import Any, cast
from unittest import TestCase

import pytest
from _pytest.compat import getfuncargnames
from _pytest.fixtures import FixtureFunctionDefinition
from _pytest.mark.structures import Mark, ParameterSet, get_unpacked_marks, normalize_mark_list
from _pytest.python import IGNORED_ATTRIBUTES, IdMaker, _call_with_optional_argument, hasinit, hasnew
from _pytest.skipping import Xfail, evaluate_skip_marks, evaluate_xfail_marks

from synth.sandbox.inside.scripts import compile_tests, is_script, run_script
from synth.sandbox.inside.sources import Source
from synth.sandbox.inside.unittests import case_names, is_case, run_case

_SESSION_MARKS = {"filterwarnings", "usefixtures"}
_LIKE_FUNCTIONS = {staticmethod, classmethod, functools.partial, functools._lru_cache_wrapper}


class NotPlain(Exception):
    """The file needs pytest itself; the text says why."""


class Scope:
    """A module or a class: set up before its first test, torn down after its last."""

    def __init__(
        self, set_up: Callable[[], object] | None = None, tear_down: Callable[[], object] | None = None
    ) -> None:
        self._set_up, self._tear_down = set_up, tear_down
        self._error: BaseException | None = None
        self._ready = False

    def enter(self) -> None:
        """Set it up, once; what that raised once it raises for every test."""
        if self._error is not None:
            raise self._error
        if self._ready:
            return
        self._ready = True
        try:
            if self._set_up is not None:
                self._set_up()
        except BaseException as error:
            self._error = error
            raise

    def leave(self) -> None:
        """Tear it down, if it was set up."""
        if self._ready and self._error is None and self._tear_down is not None:
            self._tear_down()


@dataclass(frozen=True, slots=True)
class Case:
    """One test. `call` sets it up, runs it, tears it down, and returns what was raised on the way."""

    id: str
    call: Callable[[], list[BaseException]]
    scopes: tuple[Scope, ...] = ()
    marks: tuple[Mark, ...] = ()
    """The nearest first."""
    script: bool = False

    def skipped(self) -> bool:
        """Whether a mark skips it."""
        return bool(self.marks) and evaluate_skip_marks(cast(pytest.Item, _Marked(self.marks))) is not None

    def expected_failure(self) -> Xfail | None:
        """The mark that expects it to fail, if one holds."""
        return evaluate_xfail_marks(cast(pytest.Item, _Marked(self.marks))) if self.marks else None


class _Marked:
    """As much of a pytest item as its rules for marks ask for."""

    def __init__(self, marks: Sequence[Mark]) -> None:
        self.marks = marks
        self.config = self

    def iter_markers(self, name: str) -> Iterator[Mark]:
        return (mark for mark in self.marks if mark.name == name)

    def getini(self, name: str) -> bool:
        return False


@dataclass(frozen=True, slots=True)
class _Place:
    """Where tests are collected: a module, or a class in it."""

    id: str
    scopes: tuple[Scope, ...]
    marks: tuple[Mark, ...] = ()
    cls: type | None = None
    names: Mapping[str, Any] = field(default_factory=dict)


def load(root: str, source: Source) -> list[Case]:
    """Import a test file and collect its tests.

    Raises:
        NotPlain: It needs pytest.
        BaseException: Whatever importing it raises; `SyntaxError` and its like where it is no Python.
    """
    if source.tree is None:
        assert source.problem is not None
        raise source.problem
    if is_script(source.nodes):
        return [Case(f"{source.name}::script", functools.partial(_run_script, source.path), script=True)]
    module = _import(root, source)
    if not getattr(module, "__test__", True):
        return []
    names = dict(vars(module))
    scope = Scope(
        _hook(module, names, "setUpModule", "setup_module"), _hook(module, names, "tearDownModule", "teardown_module")
    )
    place = _Place(source.name, (scope,), tuple(_marks(module)), None, names)
    return [case for name, value in names.items() for case in _collect(place, name, value)]


def _run_script(path: str) -> list[BaseException]:
    run_script(path)
    return []


def _import(root: str, source: Source) -> ModuleType:
    *packages, _ = parts = PurePosixPath(source.name).with_suffix("").parts
    name = ".".join(parts)
    loaded = sys.modules.get(name)
    if loaded is not None and getattr(loaded, "__file__", None) == source.path:
        return loaded
    if loaded is not None:
        name += "_tests"
    folders = [Path(root, *packages[: depth + 1]) for depth in range(len(packages))]
    if folders and all((folder / "__init__.py").is_file() for folder in folders):
        importlib.import_module(".".join(packages))
    spec = importlib.util.spec_from_file_location(name, source.path)
    assert spec is not None
    assert source.tree is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    try:
        exec(compile_tests(source.tree, source.text, source.path), module.__dict__)
    except BaseException:
        sys.modules.pop(name, None)
        raise
    return module


def _collect(place: _Place, name: str, value: object) -> Iterable[Case]:
    if name in IGNORED_ATTRIBUTES:
        return []
    kind = type(value)  # never `isinstance`, which asks the object itself
    if kind is FixtureFunctionDefinition or name.startswith("pytest_"):
        raise NotPlain(f"{name} is for pytest")
    if issubclass(kind, type):
        return _collect_class(place, name, cast(type, value))
    if not name.startswith("test"):
        return []
    if kind in _LIKE_FUNCTIONS:
        raise NotPlain(f"{name} is not a plain function")
    if kind is not FunctionType or not getattr(value, "__test__", True):
        return []
    return _collect_function(place, name, cast(FunctionType, value))


def _collect_class(place: _Place, name: str, cls: type) -> Iterable[Case]:
    unittest = is_case(cls)
    if not (unittest or name.startswith("Test")) or inspect.isabstract(cls) or not getattr(cls, "__test__", True):
        return []
    if place.cls is not None:
        raise NotPlain(f"{name} is a class in a class")
    marks = (*_marks(cls), *place.marks)
    if unittest:
        return _collect_unittest(place, name, cast(type[TestCase], cls), marks)
    if hasinit(cls) or hasnew(cls):
        return []
    names: dict[str, Any] = {}
    for base in reversed(cls.__mro__[:-1]):
        names = {name: value for name, value in names.items() if name not in vars(base)} | vars(base)
    scope = Scope(_class_hook(names, cls, "setup_class"), _class_hook(names, cls, "teardown_class"))
    inner = _Place(f"{place.id}::{name}", (*place.scopes, scope), marks, cls, names)
    return [case for inner_name, value in names.items() for case in _collect(inner, inner_name, value)]


def _collect_unittest(place: _Place, name: str, cls: type[TestCase], marks: tuple[Mark, ...]) -> Iterable[Case]:
    if any(hasattr(cls, hook) for hook in ("setup_class", "teardown_class", "setup_method", "teardown_method")):
        raise NotPlain(f"{name} mixes two styles")
    skipped = getattr(cls, "__unittest_skip__", False)
    scope = (
        Scope() if skipped else Scope(functools.partial(_set_up_class, cls), functools.partial(_tear_down_class, cls))
    )
    for method in case_names(cls):
        function = getattr(cls, method)
        if getattr(function, "__test__", True):
            own = (*_marks(function), *marks)
            call = functools.partial(run_case, cls, method)
            yield Case(f"{place.id}::{name}::{method}", call, (*place.scopes, scope), own)


def _set_up_class(cls: type[TestCase]) -> None:
    try:
        cls.setUpClass()
    except Exception:
        cls.doClassCleanups()
        raise


def _tear_down_class(cls: type[TestCase]) -> None:
    try:
        cls.tearDownClass()
    finally:
        cls.doClassCleanups()
        for _, error, _ in getattr(cls, "tearDown_exceptions", ()):
            raise error


def _collect_function(place: _Place, name: str, function: FunctionType) -> Iterable[Case]:
    if inspect.isgeneratorfunction(function) or inspect.iscoroutinefunction(function):
        raise NotPlain(f"{name} is not a plain function")
    own = _marks(function, parametrized=True)
    expanded = _expand([mark for mark in own if mark.name == "parametrize"], f"{place.id}::{name}")
    wanted = set(getfuncargnames(function, name=name, cls=place.cls))
    for label, values, marks in expanded:
        if set(values) != wanted:
            raise NotPlain(f"{name} wants fixtures")
        call = functools.partial(_call, place, name, function, values)
        identity = f"{place.id}::{name}" + (f"[{label}]" if label is not None else "")
        yield Case(identity, call, place.scopes, (*own, *marks, *place.marks))


def _call(place: _Place, name: str, function: FunctionType, values: Mapping[str, object]) -> list[BaseException]:
    """Run one test between its own set-up and tear-down."""
    raised: list[BaseException] = []
    if place.cls is None:
        before, after, bound = place.names.get("setup_function"), place.names.get("teardown_function"), function
    else:
        instance = place.cls()
        before, after = getattr(instance, "setup_method", None), getattr(instance, "teardown_method", None)
        bound = getattr(instance, name)
    if before is not None:
        _call_with_optional_argument(before, bound)
    for step in (
        functools.partial(bound, **values),
        after and functools.partial(_call_with_optional_argument, after, bound),
    ):
        try:
            if step:
                step()
        except BaseException as error:  # noqa: BLE001 - whatever the test raises
            raised.append(error)
    return raised


Expanded = tuple[str | None, dict[str, object], tuple[Mark, ...]]


def _expand(parametrize: Sequence[Mark], where: str) -> list[Expanded]:
    """Label, arguments and own marks of each run of a test, the nearest `parametrize` varying slowest."""
    runs: list[Expanded] = [(None, {}, ())]
    for mark in parametrize:
        names, parameters, labels = _parameters(mark, where)
        runs = [
            (
                f"{before}-{label}" if before is not None else label,
                values | dict(zip(names, parameter.values, strict=True)),
                (*marks, *normalize_mark_list(parameter.marks)),
            )
            for before, values, marks in runs
            for label, parameter in zip(labels, parameters, strict=True)
        ]
    return runs


def _parameters(mark: Mark, where: str) -> tuple[Sequence[str], list[ParameterSet], list[str]]:
    given = dict(zip(("argnames", "argvalues"), mark.args, strict=False)) | dict(mark.kwargs)
    ids = given.pop("ids", None)
    if (
        given.keys() != {"argnames", "argvalues"}
        or len(mark.args) > 2
        or not (ids is None or callable(ids) or isinstance(ids, list | tuple))
    ):
        raise NotPlain(f"{where} is parametrized in a special way")
    if not isinstance(given["argvalues"], list | tuple):
        raise NotPlain(f"{where} has unusual parameters")
    names, single = ParameterSet._parse_parametrize_args(given["argnames"], given["argvalues"])
    parameters = ParameterSet._parse_parametrize_parameters(given["argvalues"], single)
    fits = all(isinstance(one.values, list | tuple) and len(one.values) == len(names) for one in parameters)
    if not parameters or not fits or (isinstance(ids, list | tuple) and len(ids) != len(parameters)):
        raise NotPlain(f"{where} has no parameters, or not as many as names")
    function, listed = (ids, None) if callable(ids) else (None, ids)
    labels = IdMaker(names, parameters, function, listed, None, where).make_unique_parameterset_ids()
    if not all(isinstance(label, str) for label in labels):
        raise NotPlain(f"{where} hides a parameter")
    return names, parameters, cast(list[str], labels)


def _marks(holder: object, parametrized: bool = False) -> list[Mark]:
    marks = get_unpacked_marks(holder)
    for mark in marks:
        text = any(isinstance(value, str) for value in (*mark.args, mark.kwargs.get("condition")))
        unusual = mark.name in ("skipif", "xfail") and text
        if mark.name in _SESSION_MARKS or unusual or (mark.name == "parametrize" and not parametrized):
            raise NotPlain(f"the mark {mark.name} needs pytest here")
    return marks


def _hook(module: ModuleType, names: Mapping[str, Any], *choices: str) -> Callable[[], object] | None:
    found = [names[choice] for choice in choices if names.get(choice) is not None]
    return functools.partial(_call_with_optional_argument, found[0], module) if found else None


def _class_hook(names: Mapping[str, Any], cls: type, name: str) -> Callable[[], object] | None:
    if name not in names:
        return None
    if not isinstance(names[name], classmethod):
        raise NotPlain(f"{name} is not a class method")
    return cast(Callable[[], object], getattr(cls, name))
