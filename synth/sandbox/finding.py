"""The tests of a suite as pytest would collect them, found by the tree alone, with the assertions they make."""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import count

from synth.records import CodeFile
from synth.sandbox.asserting import Assertion, Reader
from synth.sandbox.inside.scripts import is_script
from synth.sandbox.source import Function, Source, children, dotted, is_main_guard, last_name, own_nodes, read

_MARKS = frozenset({"skip", "skipIf", "skipUnless", "skipif", "xfail", "expectedFailure"})
_ALWAYS = frozenset({"skip", "xfail", "expectedFailure"})
_NO_TEST_CASES = frozenset({"object", "ABC", "abc.ABC", "Enum", "Exception", "Protocol", "NamedTuple", "Generic"})
_PLAIN_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "patch", "object", "dict", "given", "settings", "example"}
)
"""Decorators under which a failing test fails, besides marks."""
_ALL = frozenset(
    {
        "setUp",
        "asyncSetUp",
        "setUpClass",
        "setUpModule",
        "setup_method",
        "setup_class",
        "setup_module",
        "setup_function",
    }
    | {"tearDown", "asyncTearDown", "tearDownClass", "teardown_method", "teardown_class", "teardown_module"}
)
"""Functions that take part in every test of the file."""


_MOST_REMEMBERED = 100_000
"""Characters of test files; their trees take a hundred times as much."""


@dataclass(slots=True, eq=False)
class Site:
    """One definition of tests: of several where classes inherit it."""

    source: Source
    owner: Function | ast.Module
    fixed: bool
    """Whether a failing assertion in it certainly makes its tests fail."""
    ids: list[str] = field(default_factory=list)
    """`path::Class::test`, or `path::script`; without parameters."""
    own: list[Assertion] = field(default_factory=list)
    others: list[Assertion] = field(default_factory=list)
    """Of the functions it may call."""
    helper: bool = False
    """Whether it is no test, but a function that the tests `ids` may call."""


def find(tests: Sequence[CodeFile], runnable: Sequence[str]) -> list[Site]:
    """The definitions of tests in the files at `runnable`, in order, and of the functions there that assert something.

    Assertions are numbered through all of them. Tests that are always skipped, or meant to fail, are not found.
    Files that Python could not parse have none. Never raises.
    """
    size = sum(len(file.text) for file in tests)
    return list((_remembered if size < _MOST_REMEMBERED else _find)(tuple(tests), tuple(runnable)))


def _find(tests: tuple[CodeFile, ...], runnable: tuple[str, ...]) -> list[Site]:
    files = {file.path: file for file in tests}
    numbers = count()
    sites: list[Site] = []
    elsewhere = _asserting_names(file for file in tests if file.path not in runnable and file.path.endswith(".py"))
    for path in dict.fromkeys(runnable):
        source = read(files[path]) if path in files else None
        if source is None:
            continue
        found = _Finder(source).find()
        reader = Reader(source)
        for site in found:
            site.own = reader.read(site.owner)
        found += _helpers(source, found, reader, elsewhere)
        for site in found:
            for assertion in site.own:
                assertion.number = next(numbers)
        sites += found
    return sites


_remembered = lru_cache(maxsize=4)(_find)
"""A suite is looked at several times, one job at a time for each worker."""


def _helpers(source: Source, sites: Sequence[Site], reader: Reader, elsewhere: dict[str, Assertion]) -> list[Site]:
    """The other functions of a file that assert; tells each test of `sites` of those that it may come to."""
    if source.tree in [site.owner for site in sites]:
        return []
    tests = {id(site.owner) for site in sites}
    helpers: list[Site] = []
    waiting: list[ast.AST] = [source.tree]
    while waiting:
        for child in children(waiting.pop()):
            if id(child) in tests:
                continue
            if isinstance(child, Function):
                helpers.append(Site(source, child, fixed=False, own=reader.read(child), helper=True))
            else:
                waiting.append(child)
    if not elsewhere and not any(helper.own for helper in helpers):
        return []
    spoken = {id(site): _spoken(site.owner) for site in [*sites, *helpers]}
    known = set(elsewhere) | {_name(helper) for helper in helpers if helper.own}
    reach = {_name(helper): spoken[id(helper)] for helper in helpers}
    while more := {name for name, words in reach.items() if name not in known and words & known}:
        known |= more
    asserting = [helper for helper in helpers if _name(helper) in known]
    for site in sites:
        met = (spoken[id(site)] | _ALL | {_name(helper) for helper in asserting if _is_automatic(helper)}) & known
        while more := {word for name in met for word in reach.get(name, ()) if word in known} - met:
            met |= more
        for helper in asserting:
            if _name(helper) in met:
                helper.ids += site.ids
                site.others += helper.own
        site.others += [elsewhere[name] for name in sorted(met & elsewhere.keys())]
    return [helper for helper in helpers if helper.own and helper.ids]


def _asserting_names(files: Iterable[CodeFile]) -> dict[str, Assertion]:
    """Functions of files that are not run themselves, each with one of its assertions."""
    found: dict[str, Assertion] = {}
    for source in filter(None, map(read, files)):
        reader = Reader(source)
        for node in source.nodes:
            if isinstance(node, Function) and (own := reader.read(node)):
                own[0].times = 0
                found[node.name] = own[0]
    return found


def _name(site: Site) -> str:
    return "" if isinstance(site.owner, ast.Module) else site.owner.name


def _spoken(owner: Function | ast.Module) -> set[str]:
    """Names that the function speaks of, its parameters included."""
    words: set[str] = set()
    waiting: list[ast.AST] = [owner]
    while waiting:
        node = waiting.pop()
        waiting += children(node)
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name):
                words.add(name)
            case ast.Constant(value=str() as name) if name.isidentifier():
                words.add(name)
    return words


def _is_automatic(site: Site) -> bool:
    """Whether it is a fixture that every test uses."""
    decorators = [] if isinstance(site.owner, ast.Module) else site.owner.decorator_list
    return any("autouse" in ast.dump(decorator) for decorator in decorators)


class _Finder:
    """Finds the tests of one file as pytest would collect them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._classes = {node.name: node for node in source.tree.body if isinstance(node, ast.ClassDef)}
        self._used = _used_names(source.tree)
        self._sites: dict[int, Site] = {}

    def find(self) -> list[Site]:
        """Sites in the order in which their tests are met."""
        tree, path = self._source.tree, self._source.path
        if is_script(self._source.nodes):
            return [Site(self._source, tree, fixed=True, ids=[f"{path}::script"])]
        marks = _marks_in(tree.body)
        if marks & _ALWAYS:
            return []
        fixed = not marks and not _skips(tree.body) and not any(map(_is_skipping_helper, self._source.nodes))
        deleted = {node.id for node in own_nodes(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
        for name, node in _last_definitions(tree.body).items():
            if name not in deleted:
                self._add(name, node, path, fixed=fixed)
        for name, node in _hidden(tree.body):
            self._add(name, node, path, fixed=False)
        sites = list(self._sites.values())
        times = Counter(id_ for site in sites for id_ in site.ids)
        for site in sites:
            site.fixed = site.fixed and all(times[id_] == 1 for id_ in site.ids)
        return sites

    def _add(self, name: str, node: Function | ast.ClassDef, prefix: str, *, fixed: bool) -> None:
        if isinstance(node, ast.ClassDef):
            self._add_class(node, f"{prefix}::{name}", fixed=fixed)
        elif name.startswith("test"):
            self._add_test(node, f"{prefix}::{name}", fixed=fixed)

    def _add_class(self, node: ast.ClassDef, prefix: str, *, fixed: bool) -> None:
        line = self._line(node)
        outer = [name for one in line for base in one.bases if (name := dotted(base)) not in self._classes]
        unittest = any(name.endswith("TestCase") for name in outer)
        members = _members(line)
        named = node.name.startswith("Test") and not {"__init__", "__new__"} & members.keys()
        marks = {mark for one in line for mark in _marks_of(one.decorator_list) | _marks_in(one.body)}
        known = set(outer) <= _NO_TEST_CASES
        if _is_switched_off(line) or marks & _ALWAYS or not (named or unittest or not known):
            return
        plain = all(_is_plain(decorator) for one in line for decorator in one.decorator_list)
        fixed = fixed and plain and not marks and (named or unittest)
        for name, member in members.items():
            if isinstance(member, Function) and name.startswith("test"):
                self._add_test(member, f"{prefix}::{name}", fixed=fixed)
            elif isinstance(member, ast.ClassDef) and not unittest:
                self._add_class(member, f"{prefix}::{name}", fixed=fixed)
        for name, hidden in (pair for one in line for pair in _hidden(one.body)):
            if isinstance(hidden, Function) and name.startswith("test"):
                self._add_test(hidden, f"{prefix}::{name}", fixed=False)

    def _add_test(self, node: Function, id_: str, *, fixed: bool) -> None:
        marks = _marks_of(node.decorator_list)
        if marks & _ALWAYS or "fixture" in map(last_name, node.decorator_list):
            return
        nodes = list(own_nodes(node.body))
        leaves = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in nodes) or _skips(node.body)
        plain = all(map(_is_plain, node.decorator_list)) and not marks
        sure = fixed and plain and not leaves and node.name not in self._used
        site = self._sites.setdefault(id(node), Site(self._source, node, fixed=sure))
        site.fixed = site.fixed and sure
        if id_ not in site.ids:
            site.ids.append(id_)

    def _line(self, node: ast.ClassDef) -> list[ast.ClassDef]:
        """The class and those of this file that it inherits from, nearest first."""
        line = [node]
        for one in line:
            found = [self._classes.get(dotted(base)) for base in one.bases]
            line += [base for base in dict.fromkeys(found) if base is not None and base not in line]
        return line


def _last_definitions(body: Sequence[ast.stmt]) -> dict[str, Function | ast.ClassDef]:
    """Functions and classes by name; of several with one name the last."""
    return {node.name: node for node in body if isinstance(node, Function | ast.ClassDef)}


def _members(line: Sequence[ast.ClassDef]) -> dict[str, Function | ast.ClassDef]:
    found: dict[str, Function | ast.ClassDef] = {}
    for one in reversed(line):
        found |= _last_definitions(one.body)
    return found


def _hidden(body: Sequence[ast.stmt]) -> Iterator[tuple[str, Function | ast.ClassDef]]:
    """Definitions inside `if`, `try` and the like, which may or may not come to be."""
    for statement in body:
        if not isinstance(statement, Function | ast.ClassDef) and not is_main_guard(statement):
            for node in own_nodes(statement):
                if isinstance(node, Function | ast.ClassDef):
                    yield node.name, node


def _used_names(tree: ast.Module) -> set[str]:
    """Names that the file reads or binds besides defining them: altering such a test would alter something else."""
    waiting: list[ast.AST] = [node for node in tree.body if not is_main_guard(node)]
    names: set[str] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):
            names.add(node.id)
        elif isinstance(node, ast.Attribute):
            names.add(node.attr)
        elif isinstance(node, ast.alias):
            names.add(node.asname or node.name)
        waiting += children(node)
    return names


def _marks_of(decorators: Sequence[ast.expr]) -> set[str]:
    return {last_name(decorator) for decorator in decorators} & _MARKS


def _marks_in(body: Sequence[ast.stmt]) -> set[str]:
    """Marks that a `pytestmark` in the body gives."""
    return {
        name
        for statement in body
        if isinstance(statement, ast.Assign) and any(dotted(target) == "pytestmark" for target in statement.targets)
        for node in ast.walk(statement.value)
        if isinstance(node, ast.Attribute) and (name := node.attr) in _MARKS
    }


def _is_plain(decorator: ast.expr) -> bool:
    name = dotted(decorator.func if isinstance(decorator, ast.Call) else decorator)
    nested = {node.attr for node in ast.walk(decorator) if isinstance(node, ast.Attribute)}
    return not nested & _MARKS and (".mark." in f".{name}" or last_name(decorator) in _PLAIN_DECORATORS)


def _is_switched_off(line: Sequence[ast.ClassDef]) -> bool:
    """Whether `__test__ = False` keeps the nearest class that says so from being collected."""
    for one in line:
        for statement in one.body:
            if isinstance(statement, ast.Assign) and any(dotted(target) == "__test__" for target in statement.targets):
                return isinstance(statement.value, ast.Constant) and not statement.value.value
    return False


def _is_skipping_helper(node: ast.AST) -> bool:
    """Whether it is a set-up or a fixture that may skip the tests it is for."""
    return isinstance(node, Function) and not node.name.startswith("test") and _skips(node.body)


def _skips(body: Sequence[ast.stmt]) -> bool:
    """Whether the test may end as skipped on its way."""
    return any(
        (isinstance(node, ast.Call) and last_name(node) in {"skip", "skipTest", "xfail", "importorskip"})
        or (isinstance(node, ast.Raise) and node.exc is not None and "Skip" in ast.dump(node.exc))
        for node in own_nodes(body)
    )
