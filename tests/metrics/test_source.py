import sys
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.metrics.source import Unparsed, read_source


def texts(source: str) -> list[str]:
    return [token.text for token in read_source("a.py", source).tokens]


def test_comments_layout_and_docstrings_are_no_tokens() -> None:
    docstring = '"""Words\n\n    over lines."""'
    code = f'"""Module."""\n# words\n\ndef f():\n    {docstring}\n    "more" \'words\'\n    return "value"\n'
    assert texts(code) == ["def", "f", "(", ")", ":", "return", '"value"']


def test_an_f_string_is_one_token_in_every_python() -> None:
    assert texts("x = f\"a{y!r:>{w}} {'q'}\"\n") == ["x", "=", "f\"a{y!r:>{w}} {'q'}\""]
    (_, _, token) = read_source("a.py", 'x = f"""é{a}\n{b}"""\n').tokens
    assert (token.kind, token.text, token.line, token.end_line) == ("STRING", 'f"""é{a}\n{b}"""', 1, 2)


def test_a_nested_f_string_is_one_token_where_python_takes_it() -> None:
    nested = "x = f'{f'{y}'}'\n"
    if sys.version_info >= (3, 12):
        assert texts(nested) == ["x", "=", "f'{f'{y}'}'"]
    else:
        with pytest.raises(Unparsed, match="line 1"):
            texts(nested)


def test_names_python_takes_and_its_tokenizer_does_not_are_kept() -> None:
    assert [text for text in texts("℘ = 1\n") if text in "℘=1"] == ["℘", "=", "1"]


def test_a_warning_turned_error_elsewhere_does_not_make_code_unparsed() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert texts("x = '\\d'\n") == ["x", "=", "'\\d'"]


@given(st.text(alphabet="ab=(): \t\n\r\f\\'\"#é\0\ufeff0.f{}", max_size=40))
def test_any_text_is_read_or_unparsed(text: str) -> None:
    try:
        source = read_source("any.py", text)
    except Unparsed as error:
        said = str(error)
    else:
        said = "any.py: read"
        assert all(1 <= token.line <= token.end_line <= source.text.count("\n") + 1 for token in source.tokens)
    assert said.startswith("any.py: ")
