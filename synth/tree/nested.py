"""The nested form: how a tree is written in prompts and replies, and in EpiCoder's own files.

An inner node is a mapping; where all children are leaves it is a list of names; a lone leaf in a mapping is `[]`.
"""

import json
import re
from collections.abc import Iterable, Mapping, Sequence

from synth.records import FeaturePath

MAX_DEPTH = 64
"""Levels; nothing real is deeper, and a broken reply may be."""

_Trie = dict[str, "_Trie"]

_MARKED = re.compile(r"<begin>(.*?)<(?:end|/end|/begin)>", re.DOTALL)
_FENCED = re.compile(r"^```\w*\s*\n(.*?)\n?\s*```$", re.DOTALL)


def to_nested(paths: Iterable[Sequence[str]]) -> dict[str, object]:
    """Write paths (all nodes or only leaves) in the nested form, children in the order in which they first come."""
    top: _Trie = {}
    for path in paths:
        place = top
        for name in path:
            place = place.setdefault(name, {})
    return {name: _write(children) for name, children in top.items()}


def from_nested(value: object) -> list[FeaturePath]:
    """Read the nested form, or any mix of text, lists and mappings: every node once, parents before children.

    A name met again adds to the node it named before; None and "" stand for "no children". Raises ValueError that
    names the place where something else stands or that is deeper than `MAX_DEPTH`.
    """
    top: _Trie = {}
    _read(value, top, ())
    return _flatten(top)


def read_nested(reply: str) -> list[FeaturePath]:
    """Read the JSON between `<begin>` and `<end>` of a reply as the nested form.

    A code fence around it and missing outer braces are taken; of several such blocks the last one counts. A key that
    comes twice keeps both contents. Raises ValueError with what is wrong, fit to show to the engine.
    """
    blocks: list[str] = _MARKED.findall(reply)
    if not blocks:
        raise ValueError("no <begin>...<end> with JSON between them was found")
    body = blocks[-1].strip()
    if fenced := _FENCED.match(body):
        body = fenced.group(1).strip()
    if not body.startswith(("{", "[")):
        body = f"{{{body}}}"
    try:
        value = json.loads(body, object_pairs_hook=_keep_repeated)
    except json.JSONDecodeError as error:
        raise ValueError(f"the text between <begin> and <end> is not JSON: {error}") from error
    except RecursionError as error:
        raise ValueError(f"the tree is deeper than {MAX_DEPTH} levels") from error
    return from_nested(value)


def _write(children: _Trie) -> object:
    if not any(children.values()):
        return list(children)
    return {name: _write(below) for name, below in children.items()}


def _read(value: object, place: _Trie, where: FeaturePath) -> None:
    if len(where) > MAX_DEPTH:
        raise ValueError(f"the tree is deeper than {MAX_DEPTH} levels at {_shown(where[:3])} > ...")
    if value is None or value == "":
        return
    if isinstance(value, str):
        place.setdefault(value, {})
    elif isinstance(value, Mapping):
        for name, below in value.items():
            if not isinstance(name, str):
                raise ValueError(f"at {_shown(where)}: a name must be text, not {name!r}")
            _read(below, place.setdefault(name, {}), (*where, name))
    elif isinstance(value, Sequence):
        for item in value:
            _read_item(item, place, where)
    else:
        raise ValueError(f"at {_shown(where)}: expected a name, a list or a mapping, got {value!r:.60}")


def _read_item(item: object, place: _Trie, where: FeaturePath) -> None:
    if isinstance(item, str):
        place.setdefault(item, {})
    elif isinstance(item, Mapping):
        _read(item, place, where)
    else:
        raise ValueError(f"at {_shown(where)}: expected a name or a mapping in the list, got {item!r:.60}")


def _flatten(top: _Trie) -> list[FeaturePath]:
    paths: list[FeaturePath] = []
    waiting: list[tuple[FeaturePath, _Trie]] = [((name,), below) for name, below in reversed(top.items())]
    while waiting:
        path, below = waiting.pop()
        paths.append(path)
        waiting.extend(((*path, name), deeper) for name, deeper in reversed(below.items()))
    return paths


def _keep_repeated(pairs: list[tuple[str, object]]) -> object:
    merged = dict(pairs)
    return merged if len(merged) == len(pairs) else [{name: value} for name, value in pairs]


def _shown(where: FeaturePath) -> str:
    return " > ".join(where) or "the top"
