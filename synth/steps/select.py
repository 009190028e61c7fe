"""Tree-of-Evolution: score diversity, cut each round, collect each tree (ToE 3.3 to 3.5). Pure: no engine is asked.

Vectors are unit rows, one an instruction, in the same order. Every distance is 10 x cosine distance, 0 to 20.
"""

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from synth.embed import nearest
from synth.ids import digest, record_id
from synth.records import Choice, Instruction, Score

Vectors = NDArray[np.float32]


def overall(challenge: float, diversity: float | None) -> float:
    """V = challenge + diversity (ToE 3.3); challenge alone where there is no other tree to be diverse from."""
    return challenge + (diversity or 0.0)


def score_diversity(
    instructions: Sequence[Instruction], challenge: Mapping[str, float], vectors: Vectors, by: str
) -> list[Score]:
    """Score the instructions of one round over all trees: V_div, ToE 3.3.

    The database holds the most challenging instruction of each tree (of equals the lowest id); those the judge left
    unscored are not in it. A score is the distance to the nearest entry of another tree. Where no other tree has an
    entry there is no score: absent, neither 0 nor 10. `by` names the embedding model. Raises `ValueError` where
    vectors and instructions do not match or rounds are mixed.
    """
    _check(instructions, vectors)
    database = _most_challenging(instructions, challenge)
    shelf = digest(*[instructions[row].id for row in database.values()])
    scores = []
    for row, entry in enumerate(_nearest_elsewhere(instructions, vectors, database)):
        if entry is None:
            continue
        subject, other = instructions[row], instructions[entry]
        value = _distance(vectors[row], vectors[entry])
        scores.append(
            Score(
                id=record_id(Score.kind, "diversity", by, subject.id, shelf),
                subject_id=subject.id,
                name="diversity",
                value=value,
                reason=f"nearest of {len(database)} trees' most challenging: {other.id} at {value:.2f}",
                by=by,
            )
        )
    return scores


def keep_best(
    instructions: Sequence[Instruction],
    values: Mapping[str, float],
    parent_values: Mapping[str, float | None],
    keep: float,
) -> list[Choice]:
    """Decide which instructions of one round go on: beam search and the parent rule (ToE 3.4, appendix C).

    Both mappings go by instruction id: `values` holds its own V, `parent_values` its parent's. An instruction without
    the first is unscored and stops; one without the second (round 1: a root has no V) has no parent to reach. The
    threshold is the V in place ceil(keep x scored instructions); all that reach it stay, so equals share their fate.
    The parent rule, V >= parent's V, comes after and frees no places. One choice an instruction, in the given order,
    with the reason in words.
    """
    _check(instructions)
    ranked = sorted((values[item.id] for item in instructions if item.id in values), reverse=True)
    # 0.07 * 100 is a hair above 7 in floating point; that hair is not a place.
    places = math.ceil(keep * len(ranked) - 1e-9)
    rank = {value: len(ranked) - after for after, value in enumerate(reversed(ranked))}
    choices = []
    for item in instructions:
        if item.id not in values:
            choices.append(_unscored("beam", item))
            continue
        value = values[item.id]
        standing = f"rank {rank[value]} of {len(ranked)}"
        if value < ranked[places - 1]:
            kept, reason = False, f"not among the best: {standing}, the best {places} go on"
        else:
            kept, reason = _against_parent(value, parent_values.get(item.id), standing)
        choices.append(_choice("beam", item, kept, reason, value))
    return choices


def collect_tree(
    instructions: Sequence[Instruction], values: Mapping[str, float], vectors: Vectors, distance: float
) -> list[Choice]:
    """Choose from the kept instructions of one tree and one round (ToE 3.5, appendix C).

    From the highest V to the lowest (of equals the lowest id), each is collected while it lies further than `distance`
    from every one collected before. One choice an instruction, in the given order, with the reason. Raises
    `ValueError` where vectors and instructions do not match or trees or rounds are mixed.
    """
    _check(instructions, vectors)
    if len({item.tree_id for item in instructions}) > 1:
        raise ValueError("instructions of several trees: collect one tree at a time")
    scored = [row for row, item in enumerate(instructions) if item.id in values]
    collected: list[int] = []
    choices = {row: _unscored("collect", item) for row, item in enumerate(instructions)}
    for row in sorted(scored, key=lambda row: (-values[instructions[row].id], instructions[row].id)):
        item = instructions[row]
        value = values[item.id]
        gap, nearest = min(((_distance(vectors[row], vectors[other]), other) for other in collected), default=(0.0, -1))
        if nearest < 0:
            kept, reason = True, f"collected: the highest of its round in this tree, V {value:.1f}"
        elif gap > distance:
            kept, reason = True, f"collected: V {value:.1f}, nearest is {instructions[nearest].id} at {gap:.2f}"
        else:
            near = instructions[nearest].id
            kept, reason = False, f"too close: distance {gap:.2f} from {near}, more than {distance:g} is needed"
        if kept:
            collected.append(row)
        choices[row] = _choice("collect", item, kept, reason, value)
    return [choices[row] for row in range(len(instructions))]


def _check(instructions: Sequence[Instruction], vectors: Vectors | None = None) -> None:
    if len({item.round for item in instructions}) > 1:
        raise ValueError("instructions of several rounds: choose within one round at a time")
    if vectors is not None and len(vectors) != len(instructions):
        raise ValueError(f"{len(instructions)} instructions but {len(vectors)} vectors")


def _most_challenging(instructions: Sequence[Instruction], challenge: Mapping[str, float]) -> dict[str, int]:
    """Tree id -> row of its most challenging instruction, in the order of the tree ids."""
    best: dict[str, int] = {}
    for row, item in enumerate(instructions):
        if item.id not in challenge:
            continue
        current = instructions[best[item.tree_id]] if item.tree_id in best else None
        if current is None or (-challenge[item.id], item.id) < (-challenge[current.id], current.id):
            best[item.tree_id] = row
    return dict(sorted(best.items()))


def _nearest_elsewhere(
    instructions: Sequence[Instruction], vectors: Vectors, database: Mapping[str, int]
) -> Iterator[int | None]:
    """For each instruction the row of the nearest database entry of another tree; None where there is none."""
    rows, trees = list(database.values()), list(database)
    # A tree has one entry at most, so of the two nearest one is another tree's.
    _, found = nearest(vectors[rows], vectors, 2)
    for item, entries in zip(instructions, found.tolist(), strict=True):
        yield next((rows[entry] for entry in entries if entry >= 0 and trees[entry] != item.tree_id), None)


def _distance(one: Vectors, other: Vectors) -> float:
    """10 x cosine distance, six decimals: what lies beyond differs between machines."""
    cosine = float(one.astype(np.float64) @ other.astype(np.float64))
    return round(min(max(10.0 * (1.0 - cosine), 0.0), 20.0), 6)


def _against_parent(value: float, parent: float | None, standing: str) -> tuple[bool, str]:
    if parent is None:
        return True, f"kept: {standing}, V {value:.1f}, no parent to reach"
    mine, theirs = _apart(value, parent)
    if value < parent:
        return False, f"below its parent: V {mine} is less than {theirs}"
    return True, f"kept: {standing}, V {mine} >= parent {theirs}"


def _apart(one: float, other: float) -> tuple[str, str]:
    """Both numbers with the fewest decimals, 1 to 6, that show which is larger."""
    for decimals in range(1, 7):
        shown = f"{one:.{decimals}f}", f"{other:.{decimals}f}"
        if shown[0] != shown[1]:
            return shown
    return f"{one:.1f}", f"{other:.1f}"


def _unscored(stage: str, item: Instruction) -> Choice:
    return _choice(stage, item, False, "unscored: there is no challenge score to rank it by", None)


def _choice(stage: str, item: Instruction, kept: bool, reason: str, value: float | None) -> Choice:
    return Choice.model_validate(
        {
            "id": record_id(Choice.kind, stage, item.id, kept, reason, value),
            "subject_id": item.id,
            "stage": stage,
            "kept": kept,
            "reason": reason,
            "value": value,
        }
    )
