"""Small programs whose measures were counted by hand."""

import pytest

from synth.metrics.complexity import cyclomatic
from synth.metrics.control_flow import COLUMNS, control_flow
from synth.metrics.features import COUNTED, feature_counts
from synth.metrics.size import size
from synth.metrics.source import Source, read_source

PROGRAM = '''"""A module."""

import os


class Reader:
    """A class."""

    def read(self, items, strict=False):
        # a comment
        for item in items:
            if not item and strict or item is None:
                continue
            elif item == "end" and strict and items:
                break
            try:
                yield int(item)
            except ValueError:
                raise
            except (TypeError, KeyError):
                return
        while items:
            items.pop()

    async def later(self, source):
        async for part in source:
            yield [x for x in part if x] if part else None
        return


def outer():
    def inner(a):
        if a:
            return 1
        return 2

    return lambda: inner(os)
'''


def sources(*texts: str) -> list[Source]:
    return [read_source(f"m{number}.py", text) for number, text in enumerate(texts)]


def test_control_flow_is_counted_by_statement() -> None:
    counts = control_flow(sources(PROGRAM))
    assert {column: counts[f"control_{column}"] for column in COLUMNS} == {
        "if": 3,
        "while": 1,
        "for": 2,
        "and": 3,
        "or": 1,
        "except": 2,
        "return": 5,
        "break": 1,
        "continue": 1,
        "bool_op": 3,
    }


def test_handlers_of_an_exception_group_are_excepts() -> None:
    counts = control_flow(sources("try:\n    f()\nexcept* OSError:\n    pass\n"))
    assert counts["control_except"] == 1


def test_sizes_are_counted() -> None:
    assert size(sources(PROGRAM, "x = 1")) == {"lines": 38, "lines_code": 27, "functions": 4, "classes": 1, "files": 2}


def test_an_empty_file_has_no_line_and_no_complexity() -> None:
    assert size(sources("")) == {"lines": 0, "lines_code": 0, "functions": 0, "classes": 0, "files": 1}
    assert cyclomatic(sources("")) == {"cyclomatic": 0.0}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("x = 1\n", {"cyclomatic": 1}),
        ("def f():\n    return 1\n", {"cyclomatic": 1, "cyclomatic_max": 1, "cyclomatic_mean": 1}),
        (
            "def f(a):\n    if a and a > 1:\n        return 1\n    return 2\n\n\ndef g():\n    return 1\n",
            {"cyclomatic": 3, "cyclomatic_max": 3, "cyclomatic_mean": 2},
        ),
    ],
)
def test_cyclomatic_complexity_is_radons(text: str, expected: dict[str, float]) -> None:
    assert cyclomatic(sources(text)) == expected


def test_methods_closures_and_inner_classes_have_a_complexity_each() -> None:
    loop = "for x in y:\n{0}    if x:\n{0}        f()\n"
    text = (
        "class A:\n    def m(self):\n        " + loop.format(" " * 8) + "\n"
        "    class B:\n        def n(self):\n            pass\n\n"
        "def outer():\n    def inner():\n        if x:\n            pass\n    inner()\n"
    )
    values = cyclomatic(sources(text))
    assert values["cyclomatic_max"] == 3
    assert values["cyclomatic_mean"] == (3 + 1 + 1 + 2) / 4


def test_leaf_features_are_counted_by_category() -> None:
    counts = feature_counts(
        [
            ("programming language",),
            ("programming language", "python"),
            ("data structures",),
            ("data structures", "tree"),
            ("data structures", "tree", "heap"),
            ("data structures", "list"),
            ("algorithm",),
        ]
    )
    assert len(counts) == len(COUNTED) + 1 == 17
    assert {name: value for name, value in counts.items() if value} == {
        "features_data_structures": 2,
        "features_total": 2,
    }
