"""Reading a config that was frozen as JSON."""

from pydantic import ValidationError

from synth.errors import BadConfig
from synth.settings import RunConfig


def read_config(content: bytes, where: str) -> RunConfig:
    """The config; `where` names it in errors. Raises `BadConfig`, which never repeats what stood in a field."""
    try:
        return RunConfig.model_validate_json(content)
    except ValidationError as error:
        said = [f"`{'.'.join(map(str, one['loc'])) or 'the file'}`: {one['msg']}" for one in error.errors()]
        raise BadConfig(f"{where} is no run config: {'; '.join(said)}.") from None
