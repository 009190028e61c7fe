"""Named shapes: kept, changed, deleted, used by runs; and what models cost."""

import threading
from collections.abc import Callable

from pydantic import Field

from synth.api.bench import Bench
from synth.api.endpoint import JSON, Body, Empty, Endpoint, Refused
from synth.api.lab import LabPart
from synth.errors import BadInput
from synth.settings import KeptSample, Price, check_shape_name
from synth.workspace import Workspace, WorkspaceSettings


class KeepBody(Body):
    """Keep a shape under a name."""

    name: str = Field(max_length=200)
    shape: KeptSample
    replace: bool = False
    """Whether a shape of that name may be written over."""


class NameBody(Body):
    """A shape by its name."""

    name: str = Field(max_length=200)


class UseBody(Body):
    """Let runs draw with a shape."""

    shape: KeptSample


class PriceBody(Body):
    """What a million tokens of a model cost."""

    model: str = Field(min_length=1, max_length=200)
    input: float = Field(ge=0, le=1e9)
    output: float = Field(ge=0, le=1e9)


class Settings:
    """Changes the settings, one request after the other."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._lock = threading.Lock()

    def change(self, how: Callable[[WorkspaceSettings], dict[str, object]]) -> JSON:
        """Replace some fields, and answer with what `shapes` answers."""
        with self._lock:
            settings = self._workspace.settings()
            settings = settings.model_copy(update=how(settings))
            self._workspace.save_settings(settings)
            return _told(settings)


def shapes(bench: Bench, _: Empty) -> JSON:
    """The shape that runs use, every named one, and the models whose price is known."""
    return _told(bench.workspace.settings())


def keep(bench: Bench, asked: KeepBody) -> JSON:
    """Keep a shape under a name. Refused where the name is taken and nobody said that it may be replaced."""
    name = _name(asked.name)
    bench.part(LabPart).lab.draws(asked.shape, 0, 0)  # a shape that cannot draw is not kept

    def kept(settings: WorkspaceSettings) -> dict[str, object]:
        if name in settings.shapes and not asked.replace:
            raise Refused(409, "taken", f"there is a shape `{name}` already; choose another name, or update that one.")
        shape = asked.shape.model_copy(update={"name": name})
        return {"shapes": {**settings.shapes, name: shape}}

    return bench.part(Settings).change(kept)


def drop(bench: Bench, asked: NameBody) -> JSON:
    """Delete a named shape; what runs use stays as it is. Raises `NotFound`."""

    def dropped(settings: WorkspaceSettings) -> dict[str, object]:
        gone = settings.shape(asked.name).name
        return {"shapes": {name: shape for name, shape in settings.shapes.items() if name != gone}}

    return bench.part(Settings).change(dropped)


def use(bench: Bench, asked: UseBody) -> JSON:
    """Let new runs draw with a shape. It goes by its name only while it is what is kept under that."""
    bench.part(LabPart).lab.draws(asked.shape, 0, 0)

    def used(settings: WorkspaceSettings) -> dict[str, object]:
        named = settings.shapes.get(asked.shape.name)
        name = asked.shape.name if named == asked.shape else ""
        return {"sample": asked.shape.model_copy(update={"name": name})}

    return bench.part(Settings).change(used)


def price(bench: Bench, asked: PriceBody) -> JSON:
    """Remember what a model costs."""
    given = Price(input=asked.input, output=asked.output)
    return bench.part(Settings).change(lambda settings: {"prices": {**settings.prices, asked.model: given}})


def _name(name: str) -> str:
    try:
        return check_shape_name(name)
    except ValueError as error:
        raise BadInput(f"{error}.") from error


def _told(settings: WorkspaceSettings) -> JSON:
    return {
        "sample": settings.sample,
        "shapes": {name: settings.shape(name) for name in sorted(settings.shapes)},
        "engine": {"kind": settings.engine.kind, "model": settings.engine.model},
        "prices": settings.prices,
    }


ENDPOINTS = (
    Endpoint("/api/lab/shapes", Empty, shapes),
    Endpoint("/api/lab/shapes/keep", KeepBody, keep),
    Endpoint("/api/lab/shapes/drop", NameBody, drop),
    Endpoint("/api/lab/shapes/use", UseBody, use),
    Endpoint("/api/lab/price", PriceBody, price),
)
