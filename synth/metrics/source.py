"""Python source as the running interpreter reads it: a tree and code tokens, or the reason why there are none."""

import ast
import io
import sys
import threading
import tokenize
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from token import tok_name

_LAYOUT = {"COMMENT", "NL", "NEWLINE", "INDENT", "DEDENT", "ENDMARKER", "ENCODING", "TYPE_COMMENT"}
_VERSION = f"Python {sys.version_info.major}.{sys.version_info.minor}"
_WARNINGS = threading.Lock()  # the warning filters are global to the process


class Unparsed(ValueError):
    """Source that the running Python cannot read; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token that does something: no comment, layout or docstring. Lines count from 1."""

    kind: str
    """`NAME`, `OP`, `NUMBER` or `STRING`; an f-string is one `STRING`, whatever the Python version."""
    text: str
    line: int
    end_line: int


@dataclass(frozen=True, slots=True)
class Source:
    """One file that could be read."""

    path: str
    text: str
    """Without a byte order mark, lines ended by a line feed."""
    tree: ast.Module
    tokens: tuple[Token, ...]


def read_source(path: str, text: str) -> Source:
    """Parse one file's text. Raises `Unparsed` that names the path and the line."""
    text = plain(text)
    tree = parse(path, text)
    try:
        tokens = tuple(_code_tokens(text))
    except (tokenize.TokenError, SyntaxError) as error:
        raise Unparsed(f"{path}: cannot be split into tokens by {_VERSION}: {error}") from error
    return Source(path, text, tree, tokens)


def plain(text: str) -> str:
    """Drop a byte order mark and end every line by a line feed, so that line numbers mean the same everywhere."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def parse(path: str, text: str) -> ast.Module:
    """Parse text to a tree, silent about warnings. Raises `Unparsed` that names the path and the line."""
    try:
        with _WARNINGS, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    except SyntaxError as error:
        place = f" in line {error.lineno}" if error.lineno else ""
        raise Unparsed(f"{path}: syntax error{place} for {_VERSION}: {error.msg}") from error
    except (RecursionError, MemoryError) as error:
        raise Unparsed(f"{path}: nested too deeply for {_VERSION} to parse") from error
    except ValueError as error:
        raise Unparsed(f"{path}: cannot be parsed by {_VERSION}: {error}") from error


def _code_tokens(text: str) -> Iterator[Token]:
    """Tokens statement by statement; a statement of nothing but strings is a docstring and left out."""
    lines = text.split("\n")
    statement: list[Token] = []
    formatted: list[tokenize.TokenInfo] = []
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        name = tok_name[token.type]
        if name.endswith("STRING_START"):
            formatted.append(token)
        elif name.endswith("STRING_END"):
            start = formatted.pop()
            if not formatted:
                statement.append(_joined(lines, start, token))
        elif name in {"NEWLINE", "ENDMARKER"}:
            if any(part.kind != "STRING" for part in statement):
                yield from statement
            statement = []
        elif not formatted and name not in _LAYOUT and token.string.strip():
            kind = name if name in {"OP", "NUMBER", "STRING"} else "NAME"
            statement.append(Token(kind, token.string, token.start[0], token.end[0]))


def _joined(lines: list[str], start: tokenize.TokenInfo, end: tokenize.TokenInfo) -> Token:
    (first, left), (last, right) = start.start, end.end
    whole = lines[first - 1 : last]
    whole[-1] = whole[-1][:right]
    whole[0] = whole[0][left:]
    return Token("STRING", "\n".join(whole), first, last)
