"""A seed read again from its file, where that is still there: a seed is an input, it was read and not made."""

import sys
import sysconfig
from pathlib import Path, PurePosixPath

from synth.errors import BadInput
from synth.ids import record_id
from synth.records import Seed
from synth.steps.seeds import read_path
from synth.workspace.replaying.past_run import CannotReplay


def read_again(seed: Seed, workspace: Path) -> Seed:
    """The function or class of that name as its file has it now. Raises `CannotReplay` where there is no such file.

    A file of the standard library is looked for in the running one; another, by the path that the seed names, in the
    present folder and beside the workspace.
    """
    file = _find(seed, workspace)
    if file is None:
        raise CannotReplay(f"a seed is an input: it was read, not made. Its file {seed.path} is not found from here.")
    try:
        units = [unit for unit in read_path(file, seed.licence).seeds if unit.name == seed.name]
    except BadInput as error:
        raise CannotReplay(f"a seed is an input, and its file cannot be read any more: {error}") from error
    if not units:
        raise CannotReplay(f"a seed is an input, and {seed.path} has no `{seed.name}` any more.")
    now = min(units, key=lambda unit: (unit.code != seed.code, abs(unit.line - seed.line)))
    changed = {"id": record_id("seed", seed.path, now.name, now.code), "path": seed.path, "source": seed.source}
    return now.model_copy(update=changed)


def _find(seed: Seed, workspace: Path) -> Path | None:
    parts = PurePosixPath(seed.path).parts
    if not parts or ".." in parts or PurePosixPath(seed.path).is_absolute():
        return None
    if seed.source == "stdlib":
        same = parts[0] == f"python{sys.version_info.major}.{sys.version_info.minor}"
        places = [Path(sysconfig.get_paths()["stdlib"], *parts[1:])] if same else []
    else:
        places = [Path.cwd().joinpath(*parts), workspace.parent.joinpath(*parts)]
    return next((place for place in places if place.is_file()), None)
