"""What a person asked of a run after it was frozen: more samples, another try, a larger budget.

One JSON object a line in `amendments.jsonl`, only ever appended to. The config of a run is the frozen one with these.
"""

import datetime
import json
import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from synth.errors import CannotWrite
from synth.settings import Budget, RunConfig

AMENDMENTS = "amendments.jsonl"


class Amendment(BaseModel):
    """One wish."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    at: str
    """ISO 8601, UTC."""
    kind: Literal["extend", "retry", "budget"]
    samples: int = Field(default=0, ge=0)
    """`extend`: further draws."""
    wanted: tuple[str, ...] = ()
    """`retry`: ids of what dropped items would have become."""
    take: int = Field(default=0, ge=0)
    """`retry`: the how many-th new try this is."""
    money: float | None = None
    tokens: int | None = None
    calls: int | None = None


def read_amendments(folder: Path) -> list[Amendment]:
    """The amendments of a run, oldest first; lines that are none are passed over."""
    found: list[Amendment] = []
    try:
        content = (folder / AMENDMENTS).read_bytes()
    except FileNotFoundError:
        return found
    for line in content.splitlines():
        try:
            found.append(Amendment.model_validate_json(line))
        except ValidationError:
            continue
    return found


def add_amendments(folder: Path, wishes: Iterable[dict[str, object]]) -> None:
    """Append wishes, all in one write. Raises `CannotWrite`."""
    at = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    lines = "".join(json.dumps({"at": at, **wish}) + "\n" for wish in wishes)
    path = folder / AMENDMENTS
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        try:
            size = os.fstat(descriptor).st_size
            torn = size > 0 and os.pread(descriptor, 1, size - 1) != b"\n"
            os.write(descriptor, (("\n" if torn else "") + lines).encode("ascii"))
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise CannotWrite(f"{path} cannot be written: {error.strerror or error}. Make room, then try again.") from error


def effective(config: RunConfig, amendments: Sequence[Amendment]) -> RunConfig:
    """The frozen config with what was asked for since."""
    for one in amendments:
        if one.kind == "extend":
            sample = config.sample.model_copy(update={"count": config.sample.count + one.samples})
            config = config.model_copy(update={"sample": sample})
        elif one.kind == "budget":
            budget = Budget(money=one.money, tokens=one.tokens, calls=one.calls)
            config = config.model_copy(update={"budget": budget})
    return config


def takes_of(amendments: Sequence[Amendment]) -> dict[str, int]:
    """Ids that a person had tried anew, and how often."""
    return {wanted: one.take for one in amendments if one.kind == "retry" for wanted in one.wanted}
