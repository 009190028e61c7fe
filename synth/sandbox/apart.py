"""Whether tests can be judged with the solution in another process, told from their text alone.

Such tests see stand-ins of the solution's functions, classes and objects (`inside.proxies`). What a stand-in cannot
be in every respect, and what reaches beyond it (files, output, patches, clocks, chance), is a reason to run tests and
solution together. The rule is a list of what is known to be good: a reason too many costs time, one too few a verdict.
"""

import ast
import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from synth.records import CodeFile
from synth.sandbox.allowed import not_allowed
from synth.sandbox.fixtures import Fixtures, conftests_above, surrounds, unknown, wanted_by_mark
from synth.sandbox.identity import Identity
from synth.sandbox.places import judged_nodes
from synth.sandbox.source import Function, Source, dotted, parse, read

_ABSTRACT = frozenset({"abc", "collections", "numbers", "typing", "typing_extensions"})
"""Modules whose classes an object belongs to by what it can do."""
_CONCRETE = frozenset({"Counter", "OrderedDict", "defaultdict", "deque"})
_TOLD = frozenset({"Callable", "Collection", "Container", "Iterable", "Iterator", "Mapping", "MutableMapping"})
_TOLD |= {"MutableSequence", "MutableSet", "Sequence", "Set", "Sized"}
"""Those that stand-ins belong to as what they stand for does, unless the solution makes rules of its own."""
_OWN_RULES = re.compile(r"\bregister\b|__subclasshook__|__instancecheck__|__subclasscheck__")
_CHANCE = re.compile(r"random|sample|shuffle|seed")
_BUILTINS = frozenset({"breakpoint", "compile", "delattr", "dir", "eval", "exec", "exit", "globals", "help", "id"}) | {
    "input",
    "locals",
    "open",
    "quit",
    "setattr",
    "vars",
}
_MODULE_NAMES = frozenset({"__builtins__", "__file__", "__import__", "__loader__", "__path__", "__spec__"})
_METHODS = frozenset({"assertLogs", "assertNoLogs", "assertWarns", "assertWarnsRegex", "to_csv", "tofile"})
_DUNDERS = frozenset({"__cause__", "__class__", "__init__", "__iter__", "__len__", "__name__", "__next__", "__repr__"})
_DUNDERS |= {"__str__"}
_OF_SOLUTION = frozenset({"__all__", "__doc__", "__version__"})
_MARKS = frozenset({"anyio", "asyncio", "filterwarnings", "trio", "usefixtures"})
_LONG = 10_000
"""Characters; no file of a few words is longer."""
_TEST_FOLDERS = ("test", "tests")


@dataclass(frozen=True, slots=True)
class _Solution:
    """What the tests' rules depend on."""

    modules: frozenset[str]
    """Top-level names."""
    chance: bool
    """Whether it may use random numbers."""
    own_rules: bool
    """Whether it may say itself what its classes' instances are."""


@dataclass(frozen=True, slots=True)
class _Names:
    """What there is, seen from any test file."""

    solution: _Solution
    tests: frozenset[str]
    """Top-level names of the test files."""
    test_files: frozenset[str]
    """Paths."""


def modules_of(files: Sequence[CodeFile]) -> list[str]:
    """Top-level names under which the files can be imported from their folder: modules and packages, sorted.

    A folder of tests of which the solution has no more than an empty `__init__.py` is not the solution's.
    """
    found: dict[str, list[CodeFile]] = {}
    for file in files:
        first, _, rest = file.path.partition("/")
        name = first if rest else first.removesuffix(".py")
        if file.path.endswith(".py") and name.isidentifier() and name not in ("__init__", "conftest"):
            found.setdefault(name, []).append(file)
    return sorted(name for name in found if name not in _TEST_FOLDERS or not all(map(_is_bare, found[name])))


def why_together(files: Sequence[CodeFile], tests: Sequence[CodeFile], runnable: Sequence[str]) -> str | None:
    """Why the tests must run in the solution's process, in words for people; None where they can be judged apart.

    runnable: the paths of the test files that are run; the others are what they import. Never raises.
    """
    solution = _Solution(
        frozenset(modules_of(files)),
        any(_CHANCE.search(file.text) for file in files),
        any(_OWN_RULES.search(file.text) for file in files),
    )
    return _why(solution, tuple((file.path, file.text) for file in tests), tuple(runnable))


@lru_cache(maxsize=256)
def _why(solution: _Solution, tests: tuple[tuple[str, str], ...], runnable: tuple[str, ...]) -> str | None:
    """The same tests are run on many versions of a solution."""
    files = [CodeFile.model_construct(path=path, text=text) for path, text in tests]
    return next(_reasons(solution, files, runnable), None)


def _reasons(solution: _Solution, tests: Sequence[CodeFile], runnable: Sequence[str]) -> Iterator[str]:
    stems = {file.path.rpartition("/")[2].removesuffix(".py") for file in tests if file.path.endswith(".py")}
    names = _Names(solution, frozenset(modules_of(tests)) | stems, frozenset(file.path for file in tests))
    own = sorted(
        solution.modules
        & (sys.stdlib_module_names | {"pytest", "_pytest", "pluggy", "numpy", "pandas", "synth", "typing_extensions"})
    )
    if own:
        yield f"the solution has a module with the name of another, {own[0]}"
    shared = sorted(solution.modules & names.tests)
    if shared:
        yield f"solution and tests share the name {shared[0]}"
    brought = [file.path for file in tests if not file.path.endswith((".py", ".md", ".rst"))]
    if brought:
        yield f"the tests bring the file {brought[0]}"
    if not runnable:
        yield "there is no test file to run"
    read_files: dict[str, _File] = {}
    for file in tests:
        if file.path.endswith(".py"):
            source = read(file)
            if source is None:
                yield f"{file.path} cannot be read as Python"
            else:
                read_files[file.path] = _File(source, names)
    for path, one in read_files.items():
        yield from one.reasons(read_files, run=path in runnable)


class _File:
    """One test file."""

    def __init__(self, source: Source, names: _Names) -> None:
        self._source = source
        self._names = names
        self._nodes = judged_nodes(source)
        self._functions = [node for node in self._nodes if isinstance(node, Function)]
        self._classes = [node for node in self._nodes if isinstance(node, ast.ClassDef)]
        self._bound = {
            node.id for node in self._nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        self._bound |= {node.arg for node in self._nodes if isinstance(node, ast.arg)}
        self._loaded = {node.id for node in self._nodes if isinstance(node, ast.Name)}
        self._origins = {bound: origin for node in self._nodes for bound, origin in _bindings(node)}
        """What imported names stand for: `module` or `module.name`."""
        self._fixtures = Fixtures(source.tree.body, self._classes, self._origins)
        self._known: frozenset[str] = frozenset()
        self._outside: frozenset[str] = frozenset()
        self._allowed: set[int] = set()
        """Nodes that are good where they stand, though not everywhere; noted before they are looked at themselves."""

    @cached_property
    def _identity(self) -> Identity:
        return Identity(self._nodes, self._is_solution)

    @property
    def _has_to_do_with_solution(self) -> bool:
        return any(self._is_ours(origin) for origin in self._origins.values())

    def reasons(self, every: Mapping[str, "_File"], *, run: bool) -> Iterator[str]:
        """What speaks against judging apart. every: all test files by path; run: whether this one's tests are run."""
        above = [every[path] for path in conftests_above(self._source.path) if path in every]
        if run and not any(one._has_to_do_with_solution for one in (self, *above)):
            yield "the tests do not import the solution"
        self._outside = frozenset().union(*(one._fixtures.names for one in above))
        imported = frozenset().union(*(one._fixtures.names for one in every.values() if one not in (self, *above)))
        self._known = self._outside | self._fixtures.names | (imported & self._from_tests())
        for node in self._nodes:
            match node:
                case ast.Import() | ast.ImportFrom():
                    yield from self._of_import(node)
                case ast.Name(id=name) if name in _MODULE_NAMES | (_BUILTINS - self._bound - self._origins.keys()):
                    if id(node) not in self._allowed:
                        yield f"the tests use {name}"
                case ast.Name(id=name, ctx=ast.Store()) if name.startswith("pytest_"):
                    yield f"the tests use {name}"
                case ast.Attribute():
                    yield from self._of_attribute(node)
                case ast.Assign():
                    self._of_assignment(node)
                case ast.Compare():
                    yield from self._of_comparison(node)
                case ast.Call():
                    yield from self._of_call(node)
                case ast.ClassDef():
                    yield from self._of_class(node)
                case ast.FunctionDef():
                    yield from self._of_function(node, run=run)
                case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                    yield "the tests are asynchronous"
                case ast.Delete(targets=targets):
                    if not all(isinstance(target, ast.Subscript | ast.Attribute) for target in targets):
                        yield "the tests delete names"
                case ast.MatchClass():
                    yield "the tests match patterns of classes"

    def _from_tests(self) -> frozenset[str]:
        """Names imported from other test files."""
        found = {name for name, origin in self._origins.items() if not self._is_solution(ast.Name(name))}
        return frozenset(name for name in found if self._is_ours(self._origins[name]))

    def _is_ours(self, origin: str) -> bool:
        """Whether it comes from the solution or from another test file."""
        root = origin.partition(".")[0]
        return root in self._names.solution.modules or root in self._names.tests or origin.startswith(".")

    def _is_solution(self, node: ast.AST | None) -> bool:
        """Whether the expression is a module of the solution, or something in it."""
        root = dotted(node).partition(".")[0]
        return self._origins.get(root, "").partition(".")[0] in self._names.solution.modules

    def _of_import(self, node: ast.Import | ast.ImportFrom) -> Iterator[str]:
        if isinstance(node, ast.ImportFrom) and node.level:
            if not self._is_test_file(node):
                yield "the tests import the solution by a relative path"
            return
        for alias in node.names:
            module = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
            root = module.partition(".")[0]
            bound = alias.asname or alias.name.partition(".")[0]
            if alias.name == "*":
                yield f"the tests import everything from {module}"
            elif bound.startswith("pytest_"):
                yield f"the tests use {bound}"
            elif root in self._names.solution.modules:
                if bound.startswith(("test", "Test")) and isinstance(node, ast.ImportFrom):
                    yield f"the solution's {bound} has the name of a test"
            elif root not in self._names.tests and not self._is_idle(root, bound):
                yield from self._not_allowed(module, alias.name if isinstance(node, ast.ImportFrom) else "")

    def _not_allowed(self, module: str, name: str) -> Iterator[str]:
        return not_allowed(module, name, chance=not self._names.solution.chance)

    def _is_idle(self, root: str, bound: str) -> bool:
        """Whether it is a part of Python's library that is imported and not used."""
        return root in sys.stdlib_module_names and bound not in self._loaded

    def _is_test_file(self, node: ast.ImportFrom) -> bool:
        folders = self._source.path.split("/")[: -node.level]
        if len(self._source.path.split("/")) <= node.level:
            return False
        targets = [node.module.replace(".", "/")] if node.module else [alias.name for alias in node.names]
        paths = ["/".join([*folders, target]) for target in targets]
        return all({f"{path}.py", f"{path}/__init__.py"} & self._names.test_files for path in paths)

    def _of_assignment(self, node: ast.Assign) -> None:
        """A class of the solution may be put back to where it began: `Pool.instance = None`."""
        if isinstance(node.value, ast.Constant):
            self._allowed |= {
                id(target)
                for target in node.targets
                if isinstance(target, ast.Attribute) and self._identity.is_class(target.value)
            }

    def _of_attribute(self, node: ast.Attribute) -> Iterator[str]:
        own = node.attr in _OF_SOLUTION and self._is_solution(node.value)
        if node.attr in _METHODS or (node.attr.startswith("__") and node.attr not in _DUNDERS and not own):
            yield f"the tests use {node.attr}"
        if not isinstance(node.ctx, ast.Load) and self._is_solution(node.value) and id(node) not in self._allowed:
            yield f"the tests change {dotted(node)}"
        chain = dotted(node)
        root, _, rest = chain.partition(".")
        origin = self._origins.get(root, "")
        if origin and rest and not self._is_ours(origin):
            module, _, name = f"{origin}.{rest}".partition(".")
            yield from self._not_allowed(module, name)
            if ".mark." in f".{chain}." and node.attr in _MARKS and id(node) not in self._allowed:
                yield f"the tests use the mark {node.attr}"

    def _of_comparison(self, node: ast.Compare) -> Iterator[str]:
        sides = [node.left, *node.comparators]
        for place, operator in enumerate(node.ops):
            pair = sides[place : place + 2]
            if isinstance(operator, ast.Is | ast.IsNot) and not any(map(self._identity.holds, pair)):
                yield "the tests ask whether two objects are the same"

    def _of_call(self, node: ast.Call) -> Iterator[str]:
        name = dotted(node.func).rpartition(".")[2]
        if name in ("assertIs", "assertIsNot") and not any(map(self._identity.holds, node.args[:2])):
            yield "the tests ask whether two objects are the same"
        if name in ("getattr", "setattr") and len(node.args) > 1:
            wanted = node.args[1].value if isinstance(node.args[1], ast.Constant) else None
            if isinstance(wanted, str) and wanted.startswith("__"):
                yield f"the tests use {wanted}"
            elif isinstance(wanted, str) and not self._is_solution(node.args[0]):
                self._allowed.add(id(node.func))
        if name in ("isinstance", "issubclass", "assertIsInstance", "assertNotIsInstance") and len(node.args) > 1:
            yield from self._of_classes(node.args[1])
        if name == "usefixtures":
            wanted_names = wanted_by_mark(node)
            if wanted_names is not None and self._known.issuperset(wanted_names):
                self._allowed.add(id(node.func))

    def _of_classes(self, node: ast.expr) -> Iterator[str]:
        """What an object is compared with as its class."""
        if isinstance(node, ast.Tuple | ast.List):
            for element in node.elts:
                yield from self._of_classes(element)
        elif isinstance(node, ast.BinOp):
            yield from self._of_classes(node.left)
            yield from self._of_classes(node.right)
        else:
            chain = dotted(node)
            root, _, rest = chain.partition(".")
            module, _, name = ".".join(filter(None, [self._origins.get(root, ""), rest])).rpartition(".")
            told = _TOLD if not self._names.solution.own_rules and "numbers" not in module else frozenset()
            if module.partition(".")[0] in _ABSTRACT and name not in _CONCRETE | told:
                yield f"the tests ask whether something is a {chain}"

    def _of_class(self, node: ast.ClassDef) -> Iterator[str]:
        parts = [part for base in (*node.bases, *node.keywords) for part in ast.walk(base)]
        if any(self._is_solution(part) for part in parts):
            yield f"the tests derive {node.name} from a class of the solution"

    def _of_function(self, node: ast.FunctionDef, *, run: bool) -> Iterator[str]:
        if node.name.startswith("pytest_"):
            yield f"the tests use {node.name}"
        if self._is_inner(node):
            return
        fixture = self._fixtures.name_of(node)
        last_names = [dotted(_called(decorator)).rpartition(".")[2] for decorator in node.decorator_list]
        if fixture == "" or (fixture is None and "fixture" in last_names):
            yield f"the tests have the fixture {node.name}"
        if fixture or (run and node.name.startswith("test")):
            around = self._fixtures.around(node)
            outside = self._outside | self._fixtures.names if around else self._outside
            given = self._given(node)
            for name in unknown(node, fixture, self._known | around | given, outside):
                yield f"the tests use the fixture {name}"

    def _is_inner(self, node: ast.FunctionDef) -> bool:
        """Whether it stands in another function, where nobody takes it for a test."""
        return any(one is not node and surrounds(one, node) for one in self._functions)

    def _given(self, node: ast.FunctionDef) -> set[str]:
        """The parameters that `parametrize` gives, there or around it."""
        decorators = [*node.decorator_list]
        decorators += [one for around in self._classes if surrounds(around, node) for one in around.decorator_list]
        calls = [one for one in decorators if isinstance(one, ast.Call)]
        names: set[str] = set()
        for call in calls:
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            indirect = keywords.get("indirect")
            listed = ast.unparse(indirect) if isinstance(indirect, ast.List | ast.Tuple) else ""
            if dotted(call.func).endswith("parametrize") and (indirect is None or listed):
                first = call.args[0] if call.args else keywords.get("argnames")
                parts = first.elts if isinstance(first, ast.Tuple | ast.List) else [first]
                texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
                names |= {
                    name for text in texts for name in text.replace(" ", "").split(",") if repr(name) not in listed
                }
        return names


def _is_bare(file: CodeFile) -> bool:
    """Whether it is an `__init__.py` with nothing but words in it."""
    if not file.path.endswith("/__init__.py") or len(file.text) > _LONG:
        return False
    tree = parse(file.text)
    return tree is not None and all(isinstance(node, ast.Expr) and _is_text(node.value) for node in tree.body)


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _bindings(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that an import binds, and what they stand for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, alias.name if alias.asname else top
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
