"""Where features come from, and the shape in which they are drawn: seeds, extractions, growth, subtrees."""

from typing import ClassVar, Literal

from pydantic import ConfigDict, Field

from synth.records.base import FeaturePath, Frozen, Made, Record


class Seed(Record):
    """A piece of real code that features are read from."""

    kind: ClassVar[str] = "seed"
    source: Literal["stdlib", "path"]
    path: str
    """Relative to the folder that was added, with that folder's own name in front."""
    line: int
    end_line: int
    name: str
    """Qualified name inside the file, for example `Decoder.decode`."""
    unit: Literal["function", "class"]
    code: str
    licence: str
    """SPDX id where known, else `unknown`."""


class PreExtraction(Record):
    """Keywords of one seed by the draft prompt (EpiCoder 2.1, step 1)."""

    kind: ClassVar[str] = "pre_extraction"
    seed_id: str
    keywords: tuple[str, ...]
    made: Made


class Demonstration(Record):
    """One version of the tree that shows the engine what to extract (EpiCoder 2.1, step 2)."""

    kind: ClassVar[str] = "demonstration"
    version: int
    previous_id: str | None
    features: tuple[FeaturePath, ...]
    added: int
    """Paths that the previous version did not hold."""
    removed: int
    covered: float
    """Share of the pre-extracted keywords that appear as a node, 0 to 1."""
    made: Made


class Extraction(Record):
    """The small feature tree that one seed shows."""

    kind: ClassVar[str] = "extraction"
    seed_id: str
    demonstration_id: str | None
    features: tuple[FeaturePath, ...]
    made: Made


class Grown(Frozen):
    """One node that growth added, with its estimated count (Algorithm 2, lines 6-16)."""

    path: FeaturePath
    estimated: float
    basis: Literal["expanded", "tree", "none"]
    """Where the siblings were found; "none" means no sibling, so the estimate is 1."""


class Refused(Frozen):
    """One proposed name that growth did not take."""

    path: FeaturePath
    reason: str


class Growth(Record):
    """One step of feature evolution: the subtree drawn, what the engine added, what was refused."""

    kind: ClassVar[str] = "growth"
    step: int
    drawn: tuple[FeaturePath, ...]
    added: tuple[Grown, ...]
    refused: tuple[Refused, ...]
    made: Made


class Shape(Frozen):
    """How to draw a subtree (EpiCoder 2.3, Equation 1 and Algorithm 1)."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    widths: tuple[int, ...] = (5, 2, 1, 1)
    """Children to draw at each level below the root: never exceeded."""
    temperatures: tuple[float, ...] = (1.0,)
    """Used in turn, one a draw; none is 0. Higher is flatter; below 0 the rarest come most."""
    mandatory: int = Field(default=2, ge=0)
    """How many drawn leaves the task must use."""
    fixed: tuple[FeaturePath, ...] = ()
    """Always in the draw; they take a place of the width of their level."""
    excluded: tuple[FeaturePath, ...] = ()
    """Never in the draw, nor anything below them."""
    boosts: tuple[tuple[str, float], ...] = ()
    """Category name and the factor on its probability (targeted learning, EpiCoder 1)."""
    distinct: bool = False
    """False: with replacement into a set, as in Algorithm 1. True: exactly `width` where there are so many."""
    never: tuple[tuple[FeaturePath, FeaturePath], ...] = ()
    """Pairs of features that no draw has together."""
    only_with: tuple[tuple[FeaturePath, FeaturePath], ...] = ()
    """The first of a pair is drawn only together with the second."""


class Subtree(Record):
    """One draw from the tree under a shape."""

    model_config = ConfigDict(ser_json_inf_nan="strings")

    kind: ClassVar[str] = "subtree"
    draw: int
    seed: int
    shape: Shape
    temperature: float
    features: tuple[FeaturePath, ...]
    """Every node drawn, parents before children."""
    mandatory: tuple[FeaturePath, ...]
    """The leaves that the task must use."""
