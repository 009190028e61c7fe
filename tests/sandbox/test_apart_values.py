"""Values come back as they went, and a container changes in both processes at once."""

# ruff: noqa: ANN401 - values of every type

import datetime
import decimal
import fractions
import importlib
import pathlib
import uuid
from collections import Counter, OrderedDict, defaultdict, deque
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sandbox.apart_pair import apart

SOLUTION = """
import copy
kept = []
def same(x): return x
def fresh(x): return copy.deepcopy(x)
def keep(*things): kept[:] = things
def do(steps):
    for step in steps: act(kept, step)
def act(things, step):
    name, which, other = step
    target, source = things[which % len(things)], things[other % len(things)]
    if isinstance(target, list):
        if name == "put": target.append(source)
        elif name == "number": target.append(other)
        elif name == "pop": target[:1] = []
        elif name == "turn": target.reverse()
        elif name == "clear": target.clear()
    else:
        if name == "put": target[other] = source
        elif name == "number": target[str(other)] = other
        elif name == "pop" and target: target.pop(next(iter(target)))
        elif name == "turn": target.update(sorted(target.items(), key=str))
        elif name == "clear": target.clear()
def double(x): x *= 2
"""

scalars = st.one_of(
    *(st.none(), st.booleans(), st.integers(), st.floats(), st.complex_numbers(), st.binary()),
    *(
        st.text(st.characters(exclude_categories=())),
        st.decimals(),
        st.fractions(),
        st.datetimes(),
        st.dates(),
        st.times(),
    ),
    *(st.timedeltas(), st.uuids(), st.integers(min_value=2**200), st.just(...), st.just(NotImplemented)),
    st.datetimes(timezones=st.just(datetime.timezone(datetime.timedelta(hours=5), "X"))),
)
keys = st.one_of(st.integers(), st.text(), st.tuples(st.integers(), st.text()), st.frozensets(st.integers()))
things = st.recursive(
    scalars,
    lambda inner: st.one_of(
        *(st.lists(inner), st.dictionaries(keys, inner), st.tuples(inner, inner), st.sets(keys)),
        *(
            st.builds(deque, st.lists(inner), st.none() | st.integers(0, 5)),
            st.builds(OrderedDict, st.dictionaries(keys, inner)),
        ),
    ),
    max_leaves=12,
)


def told(value: Any) -> str:
    """A text that tells apart what `==` does not: types, signs of zero, order of dicts."""
    if isinstance(value, (set, frozenset)):
        return f"{type(value)}{sorted(map(told, value))}"
    if isinstance(value, dict):
        return f"{type(value)}{[(told(k), told(v)) for k, v in value.items()]}"
    if isinstance(value, (list, tuple, deque)):
        return f"{type(value)}{[told(item) for item in value]}{getattr(value, 'maxlen', '')}"
    return f"{type(value)}{value!r}{getattr(value, 'fold', '')}"


def test_values_come_back_as_they_went(tmp_path: Path) -> None:
    def run() -> None:
        solution = importlib.import_module("solution")

        @settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(things)
        def check(value: Any) -> None:
            assert told(solution.fresh(value)) == told(value)
            assert told(solution.same(value)) == told(value)

        check()
        rest = [Counter("aab"), defaultdict(list, {1: [2]}), bytearray(b"ab"), range(1, 9, 2), slice(None, 2)]
        more = [pathlib.Path("a/b"), pathlib.PurePosixPath("/x"), uuid.UUID(int=5), fractions.Fraction(2**80, 3)]
        for value in (*rest, *more, decimal.Decimal("NaN"), -0.0, float("inf"), datetime.UTC, "\ud83d\ude00"):
            assert told(solution.fresh(value)) == told(value)

    assert apart(tmp_path, {"solution.py": SOLUTION}, run)[0].failures == []


def test_shared_containers_change_in_both_processes(tmp_path: Path) -> None:
    names: dict[str, Any] = {}
    exec(SOLUTION, names)
    step = st.tuples(st.sampled_from(["put", "number", "pop", "turn", "clear"]), st.integers(0, 9), st.integers(0, 9))
    plans = st.lists(st.tuples(st.booleans(), st.lists(step, max_size=6)), max_size=8)

    def run() -> None:
        solution = importlib.import_module("solution")

        @settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        @given(plans)
        def check(plan: Any) -> None:
            near: list[Any] = [[], {}, [1], {"a": 1}]
            far: list[Any] = [[], {}, [1], {"a": 1}]
            solution.keep(*far)
            for ours, steps in plan:
                for one in steps:
                    names["act"](near, one)
                if ours:
                    for one in steps:
                        names["act"](far, one)
                else:
                    solution.do(steps)
                assert shape(far) == shape(near)
            solution.do([])
            assert shape(solution.kept) == shape(near)

        check()

    report, ended = apart(tmp_path, {"solution.py": SOLUTION}, run)
    assert (report.failures, report.apart, ended) == ([], None, False)


def shape(value: Any, seen: dict[int, int] | None = None) -> Any:
    """Contents with every alias told by the number of its first place."""
    seen = {} if seen is None else seen
    if not isinstance(value, (list, dict)):
        return repr(value)
    if id(value) in seen:
        return f"#{seen[id(value)]}"
    seen[id(value)] = len(seen)
    if isinstance(value, list):
        return [shape(item, seen) for item in value]
    return [(key, shape(item, seen)) for key, item in value.items()]


def test_arrays_and_frames_come_back_and_change_in_place(tmp_path: Path) -> None:
    def run() -> None:
        solution = importlib.import_module("solution")
        for array in (
            np.arange(6).reshape(2, 3),
            np.array(["a", "bc"]),
            np.array([1.5, np.nan]),
            np.array(5),
            np.zeros((0, 3)),
        ):
            np.testing.assert_array_equal(solution.fresh(array), array, strict=True)
            assert solution.same(array) is array
        for scalar in (np.float64(1.5), np.int8(3), np.bool_(True), np.datetime64("2020-01-01"), np.str_("x")):
            assert (type(solution.same(scalar)), solution.same(scalar)) == (type(scalar), scalar)
        assert solution.same(np.dtype("int8")) == np.dtype("int8")
        array = np.arange(3)
        solution.double(array)
        assert array.tolist() == [0, 2, 4]
        days = pd.date_range("2024-01-01", periods=2, tz="Europe/Paris")
        frame = pd.DataFrame(
            {
                "a": [1, 2],
                "b": ["x", None],
                "c": days,
                "d": pd.Categorical(["u", "v"]),
                "e": pd.array([1, None], dtype="Int64"),
            },
            index=pd.MultiIndex.from_tuples([("p", 1), ("q", 2)], names=["m", "n"]),
        )
        pd.testing.assert_frame_equal(solution.fresh(frame), frame)
        pd.testing.assert_frame_equal(solution.fresh(frame.reset_index()), frame.reset_index())
        for series in (
            pd.Series([1.0, 2.0], name="s"),
            pd.Series([{"a": 1}, [2]]),
            pd.Series(days),
            pd.Series([1], index=days[:1]),
        ):
            pd.testing.assert_series_equal(solution.fresh(series), series)
        for value in (
            pd.Timestamp("2024-01-01 10:00", tz="UTC"),
            pd.Timedelta("1h"),
            pd.Index([1, 2]),
            pd.RangeIndex(3),
        ):
            assert repr(solution.fresh(value)) == repr(value)
        assert solution.same(pd.NaT) is pd.NaT
        small = pd.DataFrame({"a": [1, 2]})
        exec("f(x)", {"f": solution.put, "x": small})
        assert small["z"].tolist() == [9, 9]

    text = SOLUTION + "\ndef put(frame): frame['z'] = 9\n"
    report, ended = apart(tmp_path, {"solution.py": text}, run)
    assert (report.failures, report.apart, ended) == ([], None, False)
