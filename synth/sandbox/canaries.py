"""Rounds of one suite in which a random part of the tests is altered so that an honest run must fail them.

A solution that shares a process with its tests can forge their report, but it cannot know which of them should fail:
each round alters another random part, every round runs in a process of its own, and what is altered looks like what
was written. `twists` alters one test; this module finds the tests, by the tree alone, and draws the rounds.
"""

import ast
import random
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field

from synth.records import CodeFile
from synth.sandbox.inside.scripts import is_script
from synth.sandbox.source import Function, Source, dotted, edited, is_main_guard, own_nodes, parse, read
from synth.sandbox.twists import Twister

_ROUNDS = 3
"""With the run as written, two runs that a test must pass and two that it must fail: a forger of one test, who cannot
tell them apart, is right 1 time in 16 at best."""
_MARKS = frozenset({"skip", "skipIf", "skipUnless", "skipif", "xfail", "expectedFailure"})
_ALWAYS = frozenset({"skip", "xfail", "expectedFailure"})
_NO_TEST_CASES = frozenset({"object", "ABC", "abc.ABC", "Enum", "Exception", "Protocol", "NamedTuple", "Generic"})
_PLAIN_DECORATORS = frozenset(
    {"staticmethod", "classmethod", "patch", "object", "dict", "given", "settings", "example"}
)
"""Decorators under which a failing test fails, besides marks."""


@dataclass(frozen=True, slots=True)
class Round:
    """One run of the whole suite."""

    tests: tuple[CodeFile, ...]
    altered: frozenset[str]
    """Ids of tests that an honest run must fail."""
    kept: frozenset[str]
    """Ids of tests that are as they were written, though other rounds alter them."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The rounds, and the tests that no round alters. Ids are `path::Class::test`, without parameters.

    A test with parameters may have others in a round that alters it. Tests that are always skipped, or meant to fail,
    stand nowhere.
    """

    rounds: tuple[Round, ...]
    bare: frozenset[str]
    groups: tuple[frozenset[str], ...] = ()
    """The tests that can be altered; those of one group, made by one definition, only together."""

    @property
    def alterable(self) -> frozenset[str]:
        """Every test that some round alters."""
        return frozenset().union(*self.groups)


@dataclass(slots=True, eq=False)
class _Site:
    """One definition that can be altered, and the tests it makes: several where classes inherit it."""

    source: Source
    owner: Function | ast.Module
    ids: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Found:
    """The tests of one file."""

    sites: list[_Site] = field(default_factory=list)
    bare: set[str] = field(default_factory=set)


def plan_rounds(tests: Sequence[CodeFile], runnable: Sequence[str], chance: random.Random) -> Plan:
    """Draw the rounds for test files, of which those at the paths `runnable` are run.

    Every test that can be altered is altered in two of three rounds, at random, and kept in the third. Where none can
    be, there is no round. Files that Python could not parse are left as they are. Never raises.
    """
    sites, bare = _find(tests, runnable)
    rounds = tuple(
        _make_round(tests, [site for site, bit in zip(sites, bits, strict=True) if bit], sites, chance)
        for bits in _draw(len(sites), chance)
    )
    return Plan(rounds, frozenset(bare), tuple(frozenset(site.ids) for site in sites))


def alter(tests: Sequence[CodeFile], chosen: Set[str], chance: random.Random) -> tuple[CodeFile, ...]:
    """The test files with the tests of these ids altered, and those that are made by the same definitions."""
    paths = [file.path for file in tests if any(id_.startswith(f"{file.path}::") for id_ in chosen)]
    sites, _ = _find(tests, paths)
    return _make_round(tests, [site for site in sites if chosen & set(site.ids)], sites, chance).tests


def _find(tests: Sequence[CodeFile], paths: Sequence[str]) -> tuple[list["_Site"], set[str]]:
    """The definitions that can be altered in the files at `paths`, and the tests that cannot."""
    files = {file.path: file for file in tests}
    sites: list[_Site] = []
    bare: set[str] = set()
    for path in dict.fromkeys(paths):
        source = read(files[path]) if path in files else None
        if source is None:
            continue
        found = _Finder(source).find()
        good = found.sites if _can_alter(found.sites) else [site for site in found.sites if _can_alter([site])]
        sites += good
        bare |= found.bare | {id_ for site in found.sites if site not in good for id_ in site.ids}
    return sites, bare


def _draw(count: int, chance: random.Random) -> list[list[bool]]:
    """For each round, which sites are altered: each site in all but one."""
    kept = [chance.randrange(_ROUNDS) for _ in range(count)]
    return [[place != number for place in kept] for number in range(_ROUNDS if count else 0)]


def _make_round(
    tests: Sequence[CodeFile], chosen: Sequence[_Site], sites: Sequence[_Site], chance: random.Random
) -> Round:
    texts = {site.source.path: site.source.text for site in chosen}
    for path in texts:
        texts[path] = _alter([site for site in chosen if site.source.path == path], chance)
    return Round(
        tests=tuple(file.model_copy(update={"text": texts.get(file.path, file.text)}) for file in tests),
        altered=frozenset(id_ for site in chosen for id_ in site.ids),
        kept=frozenset(id_ for site in sites if site not in chosen for id_ in site.ids),
    )


def _alter(sites: Sequence[_Site], chance: random.Random) -> str:
    """The text of one file with the tests at `sites` altered."""
    twister = Twister(sites[0].source)
    return edited(sites[0].source.text, [edit for site in sites for edit in twister.twist(site.owner, chance)])


def _can_alter(sites: Sequence[_Site]) -> bool:
    """Whether the file is a program again once they are altered."""
    return not sites or parse(_alter(sites, random.Random(0)).removeprefix("\ufeff")) is not None


class _Finder:
    """Finds the tests of one file as pytest would collect them."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._classes = {node.name: node for node in source.tree.body if isinstance(node, ast.ClassDef)}
        self._used = _used_names(source.tree)
        self._found = _Found()
        self._sites: dict[int, _Site] = {}

    def find(self) -> _Found:
        """Sites in the order in which they are written."""
        tree, path = self._source.tree, self._source.path
        if is_script(self._source.nodes):
            return _Found([_Site(self._source, tree, [f"{path}::script"])])
        marks = _marks_in(tree.body)
        if marks & _ALWAYS:
            return self._found
        fixed = not marks and not _skips(tree.body) and not any(map(_is_skipping_helper, self._source.nodes))
        deleted = {node.id for node in own_nodes(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Del)}
        for name, node in _last_definitions(tree.body).items():
            if name not in deleted:
                self._add(name, node, path, fixed=fixed)
        for name, node in _hidden(tree.body):
            self._add(name, node, path, fixed=False)
        self._found.sites = [site for site in self._sites.values() if not self._found.bare & set(site.ids)]
        self._found.bare |= {
            id_ for site in self._sites.values() for id_ in site.ids if self._found.bare & set(site.ids)
        }
        return self._found

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
                self._found.bare.add(f"{prefix}::{name}")

    def _add_test(self, node: Function, id_: str, *, fixed: bool) -> None:
        marks = _marks_of(node.decorator_list)
        if marks & _ALWAYS or "fixture" in map(_last, node.decorator_list):
            return
        nodes = list(own_nodes(node.body))
        leaves = any(isinstance(one, ast.Yield | ast.YieldFrom) for one in nodes) or _skips(node.body)
        plain = all(map(_is_plain, node.decorator_list)) and not marks
        if not fixed or leaves or not plain or node.name in self._used:
            self._found.bare.add(id_)
        else:
            self._sites.setdefault(id(node), _Site(self._source, node)).ids.append(id_)

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
        waiting.extend(ast.iter_child_nodes(node))
    return names


def _marks_of(decorators: Sequence[ast.expr]) -> set[str]:
    return {_last(decorator) for decorator in decorators} & _MARKS


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
    return not nested & _MARKS and (".mark." in f".{name}" or _last(decorator) in _PLAIN_DECORATORS)


def _last(decorator: ast.expr) -> str:
    return dotted(decorator.func if isinstance(decorator, ast.Call) else decorator).rpartition(".")[2]


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
        (isinstance(node, ast.Call) and _last(node) in {"skip", "skipTest", "xfail", "importorskip"})
        or (isinstance(node, ast.Raise) and node.exc is not None and "Skip" in ast.dump(node.exc))
        for node in own_nodes(body)
    )
