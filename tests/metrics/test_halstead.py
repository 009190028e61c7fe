import math

import pytest

from synth.metrics.halstead import COLUMNS, Halstead, radon_halstead, token_halstead
from synth.metrics.source import Source, read_source

CALLS = "y = g(x)\nreturn_value = h(y, 1)\n"


def sources(*texts: str) -> list[Source]:
    return [read_source(f"m{number}.py", text) for number, text in enumerate(texts)]


def test_the_formulas_are_those_of_the_paper() -> None:
    halstead = Halstead(unique_operators=3, unique_operands=5, total_operators=7, total_operands=10)
    volume = 17 * math.log2(8)
    assert halstead.values("h") == {
        "h_unique_operators": 3,
        "h_unique_operands": 5,
        "h_total_operators": 7,
        "h_total_operands": 10,
        "h_length": 17,
        "h_vocabulary": 8,
        "h_volume": pytest.approx(volume),
        "h_difficulty": pytest.approx(3.0),
        "h_effort": pytest.approx(3 * volume),
        "h_time": pytest.approx(3 * volume / 18),
        "h_bugs": pytest.approx(volume / 3000),
    }
    assert len(COLUMNS) == 11


def test_nothing_counted_is_zero_throughout() -> None:
    assert set(Halstead(0, 0, 0, 0).values("h").values()) == {0.0}


def test_radon_sees_nothing_in_calls_and_assignments_and_the_tokens_do() -> None:
    assert radon_halstead(sources(CALLS)).volume == 0
    assert token_halstead(sources(CALLS)).volume > 0


def test_tokens_are_counted_as_written_down() -> None:
    # operators: = () = () ,      operands: y g x return_value h y 1
    assert token_halstead(sources(CALLS)) == Halstead(3, 6, 5, 7)
    # operators: def () , : -> : return if is not else       operands: f a b=None int a a None ...
    code = 'def f(a, b) -> int:\n    """No."""\n    return a if a is not None else ...  # no\n'
    assert token_halstead(sources(code)) == Halstead(10, 6, 10, 8)


def test_radon_counts_operations_and_their_operands() -> None:
    # x + 1 and x > 2: two operators, operands x 1 x 2, three of them distinct
    assert radon_halstead(sources("y = x + 1\nz = x > 2\n")) == Halstead(2, 3, 2, 4)


def test_files_are_one_program() -> None:
    code = "y = x + 1\n"
    assert radon_halstead(sources(code, code)) == Halstead(1, 2, 2, 4)
    assert token_halstead(sources(code, code)) == Halstead(2, 3, 4, 6)
    assert radon_halstead(sources(code, code)) == radon_halstead(sources(code + code))
