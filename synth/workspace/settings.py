"""What the app remembers for the next run, in `settings.json` of the workspace."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, ValidationError

from synth.errors import BadConfig, NotFound
from synth.settings import Engine, KeptSample, Price, SampleConfig, Section, StepModel, StepName, check_shape_name

ShapeName = Annotated[str, AfterValidator(check_shape_name)]


class WorkspaceSettings(Section):
    """What the app remembers for the next run. Never a key."""

    engine: Engine = Engine()
    models: dict[StepName, StepModel] = Field(default_factory=dict)
    """What single steps ask otherwise."""
    sample: KeptSample = SampleConfig()
    """The shape that runs draw with unless another one is asked for."""
    shapes: dict[ShapeName, KeptSample] = Field(default_factory=dict)
    """Further shapes by name."""
    prices: dict[str, Price] = Field(default_factory=dict)
    """By model; they go before the shipped ones."""

    def shape(self, name: str) -> SampleConfig:
        """The shape kept under a name, which it carries. Raises `NotFound` with the names that there are."""
        found = self.shapes.get(name.strip())
        if found is None:
            known = ", ".join(f"`{one}`" for one in sorted(self.shapes)) or "none yet"
            raise NotFound(f"no shape `{name}` in this workspace; the shapes there are: {known}.")
        return found.model_copy(update={"name": name.strip()})


def read_settings(folder: Path) -> WorkspaceSettings:
    """The kept settings, or the defaults. Raises `BadConfig` that names the file and the mend."""
    path = folder / "settings.json"
    try:
        return WorkspaceSettings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return WorkspaceSettings()
    except OSError as error:
        raise BadConfig(f"{path} cannot be read: {error.strerror}. Mend that, or take it away.") from error
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise BadConfig(f"{path}: {said}. Mend it, or delete it to start with the defaults.") from error


def write_settings(folder: Path, settings: WorkspaceSettings) -> None:
    """Keep settings; the file is whole at any moment. Raises `BadConfig` where it cannot be written."""
    draft = folder / "settings.json.part"
    try:
        draft.write_text(settings.model_dump_json(indent=1), encoding="utf-8")
        draft.replace(folder / "settings.json")
    except OSError as error:
        raise BadConfig(f"{folder / 'settings.json'} cannot be written: {error.strerror}. Mend that first.") from error
