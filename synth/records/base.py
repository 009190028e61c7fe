"""What every record is made of, and the names that all of them share."""

from typing import ClassVar

from pydantic import BaseModel, ConfigDict

FeaturePath = tuple[str, ...]
"""A feature: the names from its category down to itself. Never a joined string."""

CATEGORIES: tuple[str, ...] = (
    "programming language",
    "workflow",
    "implementation style",
    "functionality",
    "resource usage",
    "computation operation",
    "security",
    "user interaction",
    "data processing",
    "file operation",
    "error handling",
    "logging",
    "dependency relations",
    "algorithm",
    "data structures",
    "implementation logic",
    "advanced techniques",
)
"""EpiCoder's categories: the language and the sixteen that Table 15 counts."""


class Frozen(BaseModel):
    """A frozen value that refuses unknown fields."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Record(Frozen):
    """Something a run makes and the workspace keeps."""

    kind: ClassVar[str]
    id: str


class Made(Frozen):
    """Who answered: provenance of every record that an engine made."""

    engine: str
    model: str
    prompt: str
    prompt_hash: str
    temperature: float
    prompt_tokens: int | None = None
    """None where the endpoint did not say; never 0 for unknown."""
    completion_tokens: int | None = None
    seconds: float = 0.0
