"""Joiners: modules that import several blocks and combine them. One YAML file each, like blocks."""

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from jinja2 import TemplateError
from pydantic import Field, field_validator

from synth.errors import BadInput
from synth.models.offline.blocks import RESERVED, Flaw, fill, load_yaml
from synth.records import Frozen

Needs = Literal["chain", "same", "any"]
"""`chain`: each use takes the result of the one before; `same`: all take the same value; `any`: any blocks."""


class OwnError(Frozen):
    """An exception that a joiner raises: its own class where the plan has an `errors` module, else `base`."""

    name: str
    base: str
    meaning: str


class Joiner(Frozen):
    """One way to combine blocks."""

    name: str
    known_by: str
    """Words of the requirements that no other joiner's have; a reader tells the kind by them."""
    goal: str
    """Verb phrase for instructions."""
    needs: Needs
    most: int = 4
    """Functions it joins, at most; `any` takes as many as there are."""
    form: Literal["value", "items", "requests"]
    """What the function takes: one value, a list of values, or requests that name a function."""
    modules: tuple[str, ...] = Field(min_length=1)
    """Names that its file may have."""
    verbs: tuple[str, ...] = Field(min_length=1)
    """The function is called `<verb>_<what it works on>`."""
    error: OwnError | None = None
    requirements: str
    code: str
    flaws: tuple[Flaw, ...] = ()

    @field_validator("modules")
    @classmethod
    def _modules(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if taken := [name for name in value if name in RESERVED or name in sys.stdlib_module_names]:
            raise ValueError(f"another module has the name: {', '.join(taken)}")
        return value


@dataclass(frozen=True, slots=True)
class Use:
    """A function that a joiner imports, and the module it is in."""

    module: str
    function: str


@dataclass(frozen=True, slots=True)
class Joined:
    """A joiner rendered for certain uses."""

    code: str
    requirements: str
    flaws: tuple[Flaw, ...]
    error: str
    """Name of the exception class it raises, or empty."""


def render_join(joiner: Joiner, function: str, uses: Sequence[Use], own_errors: bool) -> Joined:
    """Fill a joiner's text in."""
    chosen = joiner.error.name if joiner.error and own_errors else joiner.error.base if joiner.error else ""
    values = {"function": function, "uses": uses, "own_errors": own_errors, "error": chosen}
    return Joined(
        code=fill(joiner.code, values),
        requirements=fill(joiner.requirements, values).strip(),
        flaws=tuple(
            Flaw(kind=flaw.kind, find=fill(flaw.find, values), replace=fill(flaw.replace, values))
            for flaw in joiner.flaws
        ),
        error=chosen,
    )


def load_joiners(folder: Path) -> tuple[Joiner, ...]:
    """All joiners of a folder, by name. Raises `BadInput` that names the file and the field."""
    joiners = []
    for file in sorted(folder.glob("*.yaml")):
        joiner = load_yaml(file, Joiner)
        if joiner.name != file.stem:
            raise BadInput(f"{file}: `name` is {joiner.name}, but the file is called {file.stem}.")
        _check(joiner, file)
        joiners.append(joiner)
    if not joiners:
        raise BadInput(f"{folder}: holds no joiners (*.yaml).")
    return tuple(joiners)


def _check(joiner: Joiner, file: Path) -> None:
    uses = [Use("first", "first"), Use("second", "second")]
    for own_errors in (False, True):
        try:
            joined = render_join(joiner, "joined", uses, own_errors)
            compile(joined.code, str(file), "exec")
        except (TemplateError, SyntaxError) as error:
            raise BadInput(f"{file}: {error}.") from error
        if joiner.known_by not in joined.requirements:
            raise BadInput(f"{file}: `known_by` is not in `requirements`.")
        for number, flaw in enumerate(joined.flaws):
            if joined.code.count(flaw.find) != 1:
                raise BadInput(f"{file}: `flaws.{number}.find` must occur once in the code.")
