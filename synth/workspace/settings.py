"""What the app remembers for the next run, in `settings.json` of the workspace."""

from pathlib import Path

from pydantic import ValidationError

from synth.errors import BadConfig
from synth.settings import Engine, SampleConfig, Section


class WorkspaceSettings(Section):
    """What the app remembers for the next run. Never a key."""

    engine: Engine = Engine()
    sample: SampleConfig = SampleConfig()


def read_settings(folder: Path) -> WorkspaceSettings:
    """The kept settings, or the defaults. Raises `BadConfig` that names the file and the mend."""
    path = folder / "settings.json"
    try:
        return WorkspaceSettings.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return WorkspaceSettings()
    except ValidationError as error:
        said = error.errors()[0]["msg"]
        raise BadConfig(f"{path}: {said}. Mend it, or delete it to start with the defaults.") from error


def write_settings(folder: Path, settings: WorkspaceSettings) -> None:
    """Keep settings; the file is whole at any moment."""
    draft = folder / "settings.json.part"
    draft.write_text(settings.model_dump_json(indent=1), encoding="utf-8")
    draft.replace(folder / "settings.json")
