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

    # as null, which is what JSON has for it otherwise, an endless number could not be read back
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="constants")


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
    """That the calls took, those answered from the workspace's own replies included as they took then."""
    top_p: float | None = None
    """None in records from before it was kept, as all that follows."""
    max_tokens: int | None = None
    cached_tokens: int | None = None
    """Part of `prompt_tokens` that the endpoint had read before; None where it did not say."""
    calls: int | None = None
    """1, or 2 where the first reply could not be parsed."""
    hits: int | None = None
    """Calls that were answered from the workspace's own replies, so not paid again."""
    cost: float | None = None
    """What the calls came to when they were paid, at the prices of the run; None where that is not known."""
    structured: bool | None = None
    """Whether the reply was asked for as JSON under a schema."""
    at: str | None = None
    """When it was made: ISO 8601, UTC."""
