"""What a piece of code is about, in a few short phrases: names, imports and the first line of its docstring."""

import ast
import re
import warnings
from collections.abc import Iterator

_MOST = 12
_LONGEST_NAME = 40


def concepts_of(code: str) -> list[str]:
    """Up to a dozen phrases, the most telling first; empty where there are none.

    Built-in names and single common words say little, so they are left out. Code that does not parse is read by its
    longer identifiers alone.
    """
    try:
        with warnings.catch_warnings(action="ignore"):
            tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError):
        found = _from_words(code)
    else:
        found = _from_tree(tree)
    phrases = [" ".join(_words(text)) for text in found]
    return list(dict.fromkeys(phrase for phrase in phrases if len(phrase) > 2))[:_MOST]


def _from_tree(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            yield (ast.get_docstring(node) or "").partition("\n")[0]
            if not node.name.startswith("__"):
                yield node.name
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and not node.func.attr.startswith("__"):
            name = ast.unparse(node.func)
            if len(_words(name)) > 1 and len(name) <= _LONGEST_NAME:
                yield name


def _from_words(code: str) -> Iterator[str]:
    counts: dict[str, int] = {}
    for word in re.findall(r"[A-Za-z_]{4,}", code):
        counts[word] = counts.get(word, 0) + 1
    yield from sorted(counts, key=lambda word: (-counts[word], word))


def _words(text: str) -> list[str]:
    """Lower-case words of a name or a sentence; `parseHTTPHeader` has three."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", text)
    return re.findall(r"[a-z0-9]+", spaced.replace("self.", " ").lower())
