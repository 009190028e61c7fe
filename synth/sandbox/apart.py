"""Whether tests can be judged with the solution in another process, told from their text alone.

Such tests see stand-ins of the solution's functions, classes and objects (`inside.proxies`). What a stand-in cannot
be in every respect, and what reaches beyond it (files, output, patches, clocks, chance), is a reason to run tests and
solution together. The rule is a list of what is known to be good: a reason too many costs time, one too few a verdict.
"""

import ast
import builtins
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from synth.records import CodeFile
from synth.sandbox.inside.scripts import is_script
from synth.sandbox.source import Function, Source, dotted, is_main_guard, read

_VALUES = {"base64", "binascii", "bisect", "calendar", "cmath", "copy", "datetime", "decimal", "fractions", "hashlib"}
_VALUES |= {"heapq", "hmac", "html", "json", "math", "re", "statistics", "string", "struct", "textwrap", "unicodedata"}
_VALUES |= {"numpy", "pandas", "urllib.parse", "uuid", "zlib", "zoneinfo"}
_WORDS = {"__future__", "abc", "collections", "contextlib", "dataclasses", "enum", "functools", "itertools", "numbers"}
_WORDS |= {"operator", "pytest", "typing", "typing_extensions", "unittest"}
_MODULES = frozenset(_VALUES | _WORDS)
"""What tests may use: modules that turn values into values, and those that tests are written with."""
_FROM = {
    "contextlib": frozenset({"contextmanager", "nullcontext", "suppress"}),
    "dataclasses": frozenset({"dataclass", "field"}),
    "pytest": frozenset({"approx", "fail", "mark", "param", "raises", "skip", "xfail"}),
    "unittest": frozenset({"SkipTest", "TestCase", "expectedFailure", "main", "skip", "skipIf", "skipUnless"}),
    "uuid": frozenset({"UUID"}),
}
"""Of these modules only these names."""
_NOT_FROM = {
    "numpy": frozenset(
        {"random", "load", "save", "savez", "loadtxt", "savetxt", "genfromtxt", "fromfile", "memmap", "lib"}
    ),
    "pandas": frozenset({"io", "option_context", "set_option", "HDFStore", "ExcelWriter", "ExcelFile"}),
    "functools": frozenset({"singledispatch", "singledispatchmethod"}),
}
_ABSTRACT = frozenset({"abc", "collections", "numbers", "typing", "typing_extensions"})
"""Modules whose classes an object belongs to by what it can do."""
_CONCRETE = frozenset({"Counter", "OrderedDict", "defaultdict", "deque"})
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
_DUNDERS = frozenset({"__init__", "__len__", "__name__", "__repr__", "__str__"})
_MARKS = frozenset({"anyio", "asyncio", "filterwarnings", "trio", "usefixtures"})
_SETTLED = (bool, type(None), type(...))


@dataclass(frozen=True, slots=True)
class _Names:
    """Top-level names that can be imported: the solution's, and those of the test files."""

    solution: frozenset[str]
    tests: frozenset[str]
    test_files: frozenset[str]
    """Paths."""


def modules_of(files: Sequence[CodeFile]) -> list[str]:
    """Top-level names under which the files can be imported from their folder: modules and packages, sorted."""
    found = set()
    for file in files:
        first, _, rest = file.path.partition("/")
        name = first if rest else first.removesuffix(".py")
        if file.path.endswith(".py") and name.isidentifier() and name not in ("__init__", "conftest"):
            found.add(name)
    return sorted(found)


def why_together(files: Sequence[CodeFile], tests: Sequence[CodeFile], runnable: Sequence[str]) -> str | None:
    """Why the tests must run in the solution's process, in words for people; None where they can be judged apart.

    runnable: the paths of the test files that are run; the others are what they import. Never raises.
    """
    return next(_reasons(files, tests, runnable), None)


def _reasons(files: Sequence[CodeFile], tests: Sequence[CodeFile], runnable: Sequence[str]) -> Iterator[str]:
    solution = frozenset(modules_of(files))
    stems = {file.path.rpartition("/")[2].removesuffix(".py") for file in tests if file.path.endswith(".py")}
    names = _Names(solution, frozenset(modules_of(tests)) | stems, frozenset(file.path for file in tests))
    own = sorted(
        solution
        & (sys.stdlib_module_names | {"pytest", "_pytest", "pluggy", "numpy", "pandas", "synth", "typing_extensions"})
    )
    if own:
        yield f"the solution has a module with the name of another, {own[0]}"
    shared = sorted(solution & names.tests)
    if shared:
        yield f"solution and tests share the name {shared[0]}"
    for file in tests:
        if file.path.rpartition("/")[2] == "conftest.py":
            yield "the tests have a conftest.py"
        elif not file.path.endswith((".py", ".md", ".rst")):
            yield f"the tests bring the file {file.path}"
    if not runnable:
        yield "there is no test file to run"
    for file in tests:
        if file.path.endswith(".py"):
            source = read(file)
            if source is None:
                yield f"{file.path} cannot be read as Python"
            else:
                yield from _File(source, names, run=file.path in runnable).reasons()


class _File:
    """One test file."""

    def __init__(self, source: Source, names: _Names, *, run: bool) -> None:
        self._source = source
        self._names = names
        self._run = run
        self._nodes = _judged_nodes(source)
        self._functions = [node for node in self._nodes if isinstance(node, Function)]
        self._classes = [node for node in self._nodes if isinstance(node, ast.ClassDef)]
        self._bound = {
            node.id for node in self._nodes if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)
        }
        self._bound |= {node.arg for node in self._nodes if isinstance(node, ast.arg)}
        self._loaded = {node.id for node in self._nodes if isinstance(node, ast.Name)}
        self._origins = {bound: origin for node in self._nodes for bound, origin in _bindings(node)}
        """What imported names stand for: `module` or `module.name`."""

    def reasons(self) -> Iterator[str]:
        """What speaks against judging apart."""
        if self._run and not any(self._is_ours(origin) for origin in self._origins.values()):
            yield "the tests do not import the solution"
        for node in self._nodes:
            match node:
                case ast.Import() | ast.ImportFrom():
                    yield from self._of_import(node)
                case ast.Name(id=name) if name in _MODULE_NAMES | (_BUILTINS - self._bound - self._origins.keys()):
                    yield f"the tests use {name}"
                case ast.Attribute():
                    yield from self._of_attribute(node)
                case ast.Compare():
                    yield from self._of_comparison(node)
                case ast.Call():
                    yield from self._of_call(node)
                case ast.ClassDef():
                    yield from self._of_class(node)
                case ast.FunctionDef():
                    yield from self._of_function(node)
                case ast.AsyncFunctionDef() | ast.Await() | ast.AsyncFor() | ast.AsyncWith():
                    yield "the tests are asynchronous"
                case ast.Delete(targets=targets) if not all(isinstance(target, ast.Subscript) for target in targets):
                    yield "the tests delete names"
                case ast.MatchClass():
                    yield "the tests match patterns of classes"

    def _is_ours(self, origin: str) -> bool:
        """Whether it comes from the solution or from another test file."""
        root = origin.partition(".")[0]
        return root in self._names.solution or root in self._names.tests or origin.startswith(".")

    def _is_solution(self, node: ast.AST | None) -> bool:
        """Whether the expression is a module of the solution, or something in it."""
        root = dotted(node).partition(".")[0]
        return self._origins.get(root, "").partition(".")[0] in self._names.solution

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
            elif root in self._names.solution:
                if bound.startswith(("test", "Test")) and isinstance(node, ast.ImportFrom):
                    yield f"the solution's {bound} has the name of a test"
            elif root not in self._names.tests and not self._is_idle(root, bound):
                name = alias.name if isinstance(node, ast.ImportFrom) else ""
                yield from _of_module(module, name)

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

    def _of_attribute(self, node: ast.Attribute) -> Iterator[str]:
        if node.attr.startswith("__") and node.attr not in _DUNDERS:
            yield f"the tests use {node.attr}"
        if node.attr in _METHODS:
            yield f"the tests use {node.attr}"
        if not isinstance(node.ctx, ast.Load) and self._is_solution(node.value):
            yield f"the tests change {dotted(node)}"
        chain = dotted(node)
        root, _, rest = chain.partition(".")
        origin = self._origins.get(root, "")
        if origin and rest and not self._is_ours(origin):
            module, _, name = f"{origin}.{rest}".partition(".")
            yield from _of_module(*_split(module, name))
            if ".mark." in f".{chain}." and node.attr in _MARKS:
                yield f"the tests use the mark {node.attr}"

    def _of_comparison(self, node: ast.Compare) -> Iterator[str]:
        sides = [node.left, *node.comparators]
        for place, operator in enumerate(node.ops):
            pair = sides[place : place + 2]
            if isinstance(operator, ast.Is | ast.IsNot) and not any(map(_is_settled, pair)):
                yield "the tests ask whether two objects are the same"

    def _of_call(self, node: ast.Call) -> Iterator[str]:
        name = dotted(node.func).rpartition(".")[2]
        if name in ("assertIs", "assertIsNot") and not any(map(_is_settled, node.args[:2])):
            yield "the tests ask whether two objects are the same"
        if name == "getattr" and len(node.args) > 1:
            wanted = node.args[1]
            if isinstance(wanted, ast.Constant) and isinstance(wanted.value, str) and wanted.value.startswith("__"):
                yield f"the tests use {wanted.value}"
        if name in ("isinstance", "issubclass", "assertIsInstance", "assertNotIsInstance") and len(node.args) > 1:
            yield from self._of_classes(node.args[1])

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
            origin = ".".join(filter(None, [self._origins.get(root, ""), rest]))
            if origin.partition(".")[0] in _ABSTRACT and origin.rpartition(".")[2] not in _CONCRETE:
                yield f"the tests ask whether something is a {chain}"

    def _of_class(self, node: ast.ClassDef) -> Iterator[str]:
        parts = [part for base in (*node.bases, *node.keywords) for part in ast.walk(base)]
        if any(self._is_solution(part) for part in parts):
            yield f"the tests derive {node.name} from a class of the solution"

    def _of_function(self, node: ast.FunctionDef) -> Iterator[str]:
        if any(dotted(_called(decorator)).rpartition(".")[2] == "fixture" for decorator in node.decorator_list):
            yield f"the tests have the fixture {node.name}"
        if self._run and node.name.startswith("test") and not self._is_inner(node):
            given = self._given(node)
            wanted = [argument.arg for argument in [*node.args.posonlyargs, *node.args.args]]
            optional = wanted[len(wanted) - len(node.args.defaults) :]
            for name in (*wanted, *[argument.arg for argument in node.args.kwonlyargs]):
                if name not in given and name not in optional and name not in ("self", "cls"):
                    yield f"the tests use the fixture {name}"

    def _is_inner(self, node: ast.FunctionDef) -> bool:
        """Whether it stands in another function, where nobody takes it for a test."""
        return any(one is not node and _surrounds(one, node) for one in self._functions)

    def _given(self, node: ast.FunctionDef) -> set[str]:
        """The parameters that `parametrize` gives, there or around it."""
        decorators = [*node.decorator_list]
        decorators += [one for around in self._classes if _surrounds(around, node) for one in around.decorator_list]
        calls = [one for one in decorators if isinstance(one, ast.Call)]
        names: set[str] = set()
        for call in calls:
            keywords = {keyword.arg: keyword.value for keyword in call.keywords}
            if dotted(call.func).endswith("parametrize") and "indirect" not in keywords:
                first = call.args[0] if call.args else keywords.get("argnames")
                parts = first.elts if isinstance(first, ast.Tuple | ast.List) else [first]
                texts = [part.value for part in parts if isinstance(part, ast.Constant) and isinstance(part.value, str)]
                names |= {name.strip() for text in texts for name in text.split(",")}
        return names


def _surrounds(outer: ast.stmt, inner: ast.stmt) -> bool:
    return outer.lineno <= inner.lineno <= (outer.end_lineno or 0)


def _judged_nodes(source: Source) -> list[ast.AST]:
    """Every node but what only a main program runs, and but statements that say where the solution lies."""
    script = is_script(source.nodes)
    waiting: list[ast.AST] = [source.tree]
    found: list[ast.AST] = []
    for node in waiting:
        if not _is_path_statement(node) and (script or not is_main_guard(node)):
            found.append(node)
            waiting.extend(ast.iter_child_nodes(node))
    return found


def _is_path_statement(node: ast.AST) -> bool:
    """Whether it is like `sys.path.insert(0, os.path.dirname(__file__))`: apart, imports do not go by the path."""
    if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)):
        return False
    if dotted(node.value.func) not in ("sys.path.insert", "sys.path.append"):
        return False
    names = {part.id for argument in node.value.args for part in ast.walk(argument) if isinstance(part, ast.Name)}
    return names <= {"os", "str", "Path", "pathlib", "__file__", "sys"}


def _bindings(node: ast.AST) -> Iterator[tuple[str, str]]:
    """Names that an import binds, and what they stand for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            top = alias.name.partition(".")[0]
            yield alias.asname or top, alias.name if alias.asname else top
    elif isinstance(node, ast.ImportFrom):
        for alias in node.names:
            yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}.{alias.name}"


def _split(module: str, name: str) -> tuple[str, str]:
    """Into a module and the name in it, as far as we list it."""
    if module == "urllib" and name.startswith("parse"):
        return "urllib.parse", name.removeprefix("parse").lstrip(".")
    return module, name


def _of_module(module: str, name: str) -> Iterator[str]:
    """What speaks against a module of someone else's, or against `name` in it ("" for the module as such)."""
    root, _, inner = module.partition(".")
    first = (inner or name).partition(".")[0]
    if root not in _MODULES and module not in _MODULES:
        yield f"the tests use {module}"
    elif first and (first not in _FROM.get(root, {first}) or first in _NOT_FROM.get(root, ()) or _reads(root, first)):
        yield f"the tests use {root}.{first}"


def _reads(root: str, name: str) -> bool:
    return root == "pandas" and name.startswith("read_")


def _is_settled(node: ast.expr) -> bool:
    """Whether the same value is the same object in every process: None, True, and members like `Color.RED`."""
    if isinstance(node, ast.Constant):
        return isinstance(node.value, _SETTLED)
    name = dotted(node)
    return name == "NotImplemented" or ("." in name and name.rpartition(".")[2].isupper()) or _is_builtin_class(name)


def _is_builtin_class(name: str) -> bool:
    return isinstance(getattr(builtins, name, None), type) if name else False


def _called(node: ast.expr) -> ast.expr:
    return node.func if isinstance(node, ast.Call) else node
