"""Extract: from seeds to small feature trees (EpiCoder 2.1), with the demonstration that shows an engine how.

Three questions: keywords of a seed by the draft prompt, a demonstration tree clustered from keywords and refined
version by version, and the features of a seed under the categories.
"""

import json
from collections.abc import Sequence
from functools import cache

from synth.ask import Asker, Unanswered, Unparseable
from synth.records import CATEGORIES, Demonstration, Dropped, Extraction, FeaturePath, PreExtraction, Seed
from synth.settings import DATA
from synth.tree.names import MAX_NAME, near_duplicate, normalise
from synth.tree.nested import from_nested, read_nested, to_nested

MAX_DEPTH = 6
"""Names in a path, the category included; what is deeper is cut off."""


@cache
def shipped_demonstration() -> tuple[FeaturePath, ...]:
    """The demonstration tree that comes with the product."""
    return tuple(from_nested(json.loads((DATA / "demonstration.json").read_text(encoding="utf-8"))))


def pre_extraction_id(asker: Asker, seed: Seed, temperature: float) -> str:
    """The id of the keywords of `seed`."""
    return asker.record_id(PreExtraction.kind, "pre_extract", seed.id, temperature=temperature)


async def pre_extract_keywords(asker: Asker, seed: Seed, temperature: float) -> PreExtraction | Dropped:
    """Ask for the keywords of one seed (EpiCoder 2.1, step 1)."""
    wanted = pre_extraction_id(asker, seed, temperature)
    answer = await asker.ask("pre_extract", {"code": seed.code}, _parse_keywords, temperature=temperature)
    if isinstance(answer, Unanswered):
        return answer.dropped("pre_extract", seed.id, wanted)
    return PreExtraction(id=wanted, seed_id=seed.id, keywords=answer.value, made=answer.made)


def demonstration_id(
    asker: Asker, keywords: Sequence[str], previous: Demonstration | None, version: int, temperature: float
) -> str:
    """The id of version `version`, clustered from `keywords` on top of `previous`."""
    before = (None if previous is None else previous.id, _demonstrated(previous))
    return asker.record_id(
        Demonstration.kind, "cluster_features", tuple(keywords), *before, version, temperature=temperature
    )


async def refine_demonstration(
    asker: Asker, keywords: Sequence[str], previous: Demonstration | None, version: int, temperature: float
) -> Demonstration | Dropped:
    """Cluster keywords into the previous demonstration tree (EpiCoder 2.1, step 2); None is the shipped one."""
    wanted = demonstration_id(asker, keywords, previous, version, temperature)
    before = _demonstrated(previous)
    inputs = {"keywords": list(keywords), "demonstration": to_nested(before)}
    answer = await asker.ask("cluster_features", inputs, _parse_features, temperature=temperature, draw=version)
    if isinstance(answer, Unanswered):
        return answer.dropped("demonstration", previous.id if previous else "demonstration-shipped", wanted)
    return Demonstration(
        id=wanted,
        version=version,
        previous_id=None if previous is None else previous.id,
        features=answer.value,
        added=len(set(answer.value) - set(before)),
        removed=len(set(before) - set(answer.value)),
        covered=_covered(keywords, answer.value),
        made=answer.made,
    )


def extraction_id(asker: Asker, seed: Seed, demonstration: Demonstration | None, temperature: float) -> str:
    """The id of the features of `seed`, extracted with `demonstration`."""
    shown = _shipped_or_id(demonstration)
    return asker.record_id(Extraction.kind, "extract_features", seed.id, shown, temperature=temperature)


async def extract_features(
    asker: Asker, seed: Seed, demonstration: Demonstration | None, temperature: float
) -> Extraction | Dropped:
    """Ask for the feature tree of one seed; None stands for the shipped demonstration.

    Names come normalised. Unknown categories, "none"-like and overlong names are left out with all below them.
    """
    wanted = extraction_id(asker, seed, demonstration, temperature)
    inputs = {
        "code": seed.code,
        "demonstration": to_nested(_demonstrated(demonstration)),
        "categories": list(CATEGORIES),
    }
    answer = await asker.ask("extract_features", inputs, _parse_features, temperature=temperature)
    if isinstance(answer, Unanswered):
        return answer.dropped("extract", seed.id, wanted)
    return Extraction(
        id=wanted,
        seed_id=seed.id,
        demonstration_id=None if demonstration is None else demonstration.id,
        features=answer.value,
        made=answer.made,
    )


def _demonstrated(demonstration: Demonstration | None) -> tuple[FeaturePath, ...]:
    return shipped_demonstration() if demonstration is None else demonstration.features


def _shipped_or_id(demonstration: Demonstration | None) -> str | tuple[FeaturePath, ...]:
    """What makes an extraction what it is: the shipped tree has no id, so its content stands for it."""
    return shipped_demonstration() if demonstration is None else demonstration.id


def _parse_keywords(reply: str) -> tuple[str, ...]:
    pieces = [normalise(piece) for line in reply.splitlines() for piece in line.split("##")]
    keywords = tuple(dict.fromkeys(piece for piece in pieces if piece is not None and len(piece) <= MAX_NAME))
    if not keywords:
        raise Unparseable(f"no keywords found; give short keywords of at most {MAX_NAME} characters separated by ##")
    return keywords


def _parse_features(reply: str) -> tuple[FeaturePath, ...]:
    try:
        raw = read_nested(reply)
    except ValueError as error:
        raise Unparseable(str(error)) from error
    taken = [path for path in map(_take, raw) if path is not None]
    features = tuple(dict.fromkeys(path[:depth] for path in taken for depth in range(1, len(path) + 1)))
    if not features:
        raise Unparseable(f"no feature under any of the categories; the categories are {', '.join(CATEGORIES)}")
    return features


def _take(raw: FeaturePath) -> FeaturePath | None:
    """The path as it goes into the tree; None where part of it is not taken, and for a category on its own."""
    category = _category(raw[0])
    names = [normalise(name) for name in raw[1:]]
    taken = [name for name in names if name is not None and len(name) <= MAX_NAME]
    if category is None or not 1 < len(raw) <= MAX_DEPTH or len(taken) < len(names):
        return None
    return (category, *taken)


def _category(name: str) -> str | None:
    """The category that a reply's key means, in whatever spelling."""
    return name if name in CATEGORIES else near_duplicate(name, CATEGORIES)


def _covered(keywords: Sequence[str], features: Sequence[FeaturePath]) -> float:
    """Share of the keywords that are the name of a node; 1 where there are none to cover."""
    names = {path[-1] for path in features}
    wanted = {name for name in map(normalise, keywords) if name is not None}
    return len(wanted & names) / len(wanted) if wanted else 1.0
