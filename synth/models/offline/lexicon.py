"""The offline engine's words, read once from `data/lexicon`: what features there are, and what in code shows one.

A `<category>.json` holds that category's features in the nested form, `steps.json` the workflow, and `signs-*.json`
name for a feature the signs (see `extract_signs`) that show it.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType

from synth.errors import BadInput
from synth.records import CATEGORIES, FeaturePath
from synth.settings import DATA
from synth.tree.names import near_key
from synth.tree.nested import from_nested, to_nested

LEXICON = DATA / "lexicon"


@dataclass(frozen=True, slots=True)
class Verb:
    """What a function whose name starts with a verb is doing."""

    stage: str
    """The child of `workflow` that it belongs to."""
    purpose: str
    """The child of `functionality` that it belongs to where nothing says more."""
    objects: tuple[str, ...]
    """What it is usually done to."""


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """All features of the lexicon. Keys are spellings reduced by `near_key`, values are the names as written."""

    children: Mapping[FeaturePath, tuple[str, ...]]
    """By the path of the parent."""
    places: Mapping[str, tuple[FeaturePath, ...]]
    """Every path that ends in a name."""


@cache
def load_table(name: str) -> Mapping[str, object]:
    """One file of the lexicon. Raises `BadInput` that names the file, and the line where it is not JSON."""
    path = LEXICON / f"{name}.json"
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise BadInput(f"{path}: cannot be read ({error.strerror}). Restore it from the project.") from error
    except ValueError as error:
        line = f", line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise BadInput(f"{path}{line}: not JSON ({error}). Mend it or restore it from the project.") from error
    if not isinstance(value, dict):
        raise BadInput(f"{path}: must hold a JSON object, not {type(value).__name__}.")
    return MappingProxyType(value)


@cache
def load_texts(name: str, section: str) -> Mapping[str, str]:
    """A section of a file that maps text to text. Raises `BadInput`."""
    value = load_table(name).get(section)
    if not isinstance(value, dict) or not all(isinstance(text, str) for text in value.values()):
        raise BadInput(f"{LEXICON / name}.json, `{section}`: must map text to text.")
    return value


@cache
def load_names(name: str, section: str) -> tuple[str, ...]:
    """A section of a file that lists names. Raises `BadInput`."""
    value = load_table(name).get(section)
    if not isinstance(value, list) or not all(isinstance(text, str) for text in value):
        raise BadInput(f"{LEXICON / name}.json, `{section}`: must be a list of names.")
    return tuple(value)


@cache
def verbs() -> Mapping[str, Verb]:
    """The verbs that name workflow steps, by their base form. Raises `BadInput`."""
    found: dict[str, Verb] = {}
    for stage, entry in load_table("steps").items():
        try:
            purpose, known = entry["purpose"], entry["verbs"].items()  # type: ignore[index]
            found.update({verb: Verb(stage, purpose, tuple(objects)) for verb, objects in known})
        except (KeyError, TypeError, AttributeError) as error:
            raise BadInput(
                f"{LEXICON}/steps.json, `{stage}`: needs `purpose` and `verbs` (verb -> objects)."
            ) from error
    return MappingProxyType(found)


@cache
def signs() -> Mapping[str, tuple[FeaturePath, ...]]:
    """The features that a sign shows, in the order of the files. Raises `BadInput`."""
    found: dict[str, list[FeaturePath]] = {}
    for file in sorted(LEXICON.glob("signs-*.json")):
        for path, known in _leaves(load_table(file.stem), (), file.name):
            if path[0] not in CATEGORIES:
                raise BadInput(f"{file}: `{path[0]}` is not a category.")
            for sign in known:
                found.setdefault(sign, []).append(path)
    return MappingProxyType({sign: tuple(paths) for sign, paths in found.items()})


@cache
def vocabulary() -> Vocabulary:
    """All features: the category files, the workflow steps and what the signs name. Raises `BadInput`."""
    paths = dict.fromkeys([*_category_paths(), *_step_paths(), *_sign_paths()])
    children: dict[FeaturePath, dict[str, str]] = {}
    places: dict[str, list[FeaturePath]] = {}
    for path in paths:
        keys = tuple(map(near_key, path))
        children.setdefault(keys[:-1], {}).setdefault(keys[-1], path[-1])
        places.setdefault(keys[-1], []).append(path)
    return Vocabulary(
        MappingProxyType({keys: tuple(names.values()) for keys, names in children.items()}),
        MappingProxyType({key: tuple(known) for key, known in places.items()}),
    )


def _category_paths() -> Iterator[FeaturePath]:
    for category in CATEGORIES:
        if category == "workflow":
            continue
        try:
            yield from from_nested({category: load_table(category.replace(" ", "-"))})
        except ValueError as error:
            raise BadInput(f"{LEXICON}/{category.replace(' ', '-')}.json: {error}.") from error


def _step_paths() -> Iterator[FeaturePath]:
    yield ("workflow",)
    known = [("workflow", entry.stage, f"{verb} {thing}") for verb, entry in verbs().items() for thing in entry.objects]
    yield from from_nested(to_nested(known))


def _sign_paths() -> Iterator[FeaturePath]:
    for paths in signs().values():
        for path in paths:
            yield from (path[:depth] for depth in range(1, len(path) + 1))


def _leaves(value: object, path: FeaturePath, file: str) -> Iterator[tuple[FeaturePath, list[str]]]:
    if isinstance(value, Mapping):
        for name, below in value.items():
            yield from _leaves(below, (*path, name), file)
    elif isinstance(value, list) and len(path) > 1 and all(isinstance(sign, str) for sign in value):
        yield path, value
    else:
        raise BadInput(f"{LEXICON / file}, at {' > '.join(path)}: must be a list of signs below a category.")
