"""Names of special methods and attributes, by what may be done with them across the link."""

COMPARE = frozenset({"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"})
"""Never asked of the candidate."""

WAITING = frozenset({"__await__", "__aiter__", "__anext__", "__aenter__", "__aexit__"})

_BINARY = ("add", "sub", "mul", "truediv", "floordiv", "mod", "divmod", "pow", "matmul", "lshift", "rshift")
_BITS = ("and", "or", "xor")
_FORMS = ("__{}__", "__r{}__", "__i{}__")

TELLING = frozenset(
    form.format(name) for name in ("sub", "truediv", "floordiv", "mod", "divmod", *_BITS) for form in _FORMS
)
"""Operators that can stand for a comparison with the other operand."""

CONTAINING = frozenset({"__path__", "__file__", "__spec__", "__loader__", "__package__", "__cached__", "__builtins__"})

FORWARDED = (
    frozenset(form.format(name) for name in (*_BINARY, *_BITS) for form in _FORMS)
    | {f"__{name}__" for name in ("len", "getitem", "setitem", "delitem", "contains", "iter", "next", "reversed")}
    | {f"__{name}__" for name in ("enter", "exit", "call", "bool", "str", "repr", "format", "bytes", "missing")}
    | {f"__{name}__" for name in ("int", "float", "complex", "index", "abs", "neg", "pos", "invert", "fspath")}
    | {f"__{name}__" for name in ("round", "trunc", "floor", "ceil")}
    | WAITING
)
"""Special methods that a stand-in has where the solution's class has them."""

LOCAL = frozenset(
    {"__class__", "__traceback__", "__cause__", "__context__", "__suppress_context__", "__notes__", "add_note"}
    | {"__reduce_ex__", "__reduce__", "__dir__", "with_traceback", "args", "__call__", "__iter__", "__next__"}
    | {"__len__", "__getitem__", "__enter__", "__exit__", "__get__"}
)
"""Attributes of an object that its stand-in has itself, where it has them."""

HIDDEN = frozenset(
    {"__test__", "pytestmark", "_pytestfixturefunction", "__unittest_skip__", "__unittest_expecting_failure__"}
    | {"__unittest_skip_why__", "__warningregistry__", "__tracebackhide__"}
    | {"__set__", "__delete__", "__set_name__", "__isabstractmethod__", "__instancecheck__"}
    | {"__getstate__", "__setstate__", "__getnewargs__", "__getnewargs_ex__", "__copy__", "__deepcopy__"}
    | {"__array_interface__", "__array_struct__", "__array_ufunc__", "__array_function__"}
    | {"_mock_name", "__wrapped__", "__bases__"}
    | {"__array_priority__", "__arrow_c_array__", "__dataframe__", "__rich_repr__"}
)
"""What frameworks look for on whatever they are given; the solution has no say there."""

OF_ERRORS = frozenset({"args", "add_note", "with_traceback"})
"""Of `LOCAL`, those that only exceptions have."""

TAKEN_APART = frozenset({"__dataclass_fields__", "__attrs_attrs__", "__code__", "__array__"})
"""Attributes by which tests would take an object apart with functions that know its real class."""

REMOTE = frozenset({"__doc__", "__annotations__"})
"""Attributes of a class that are asked for though every type has them."""
