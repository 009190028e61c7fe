"""Cyclomatic complexity by radon (EpiCoder C.3.1, Table 12)."""

from collections.abc import Iterator, Sequence
from statistics import fmean
from typing import Any

from radon.visitors import ComplexityVisitor

from synth.metrics.source import Source


def cyclomatic(sources: Sequence[Source]) -> dict[str, float]:
    """Return `cyclomatic` and, where there is a function, `cyclomatic_max` and `cyclomatic_mean` over functions.

    `cyclomatic` is radon's total of each file with at least one statement, summed; each file starts at 1.
    radon leaves the branches of closures, and of classes inside functions, out of that total; the two
    figures per function count closures as functions of their own. Raises `RecursionError` for code nested
    more deeply than radon can walk.
    """
    visitors = [ComplexityVisitor.from_ast(source.tree) for source in sources if source.tree.body]
    values = {"cyclomatic": float(sum(visitor.total_complexity for visitor in visitors))}
    each = [
        float(function.complexity)
        for visitor in visitors
        for function in _functions(visitor.functions, visitor.classes)
    ]
    if each:
        values["cyclomatic_max"] = max(each)
        values["cyclomatic_mean"] = fmean(each)
    return values


def _functions(functions: Sequence[Any], classes: Sequence[Any]) -> Iterator[Any]:
    for function in functions:
        yield function
        yield from _functions(function.closures, [])
    for owner in classes:
        yield from _functions(owner.methods, owner.inner_classes)
