"""Keys: from the environment, else from a file `.env`; never stored, logged, exported or shown."""

import os
from collections.abc import Iterable
from pathlib import Path

from synth.errors import BadConfig


def find_key(name: str, folders: Iterable[Path] = ()) -> str | None:
    """The key that the environment variable `name` holds, else what a `.env` in the current folder or `folders` says.

    Raises `BadConfig` that names the file where one cannot be read.
    """
    if found := os.environ.get(name, "").strip():
        return found
    for folder in (Path.cwd(), *folders):
        if found := _read(folder / ".env").get(name, "").strip():
            return found
    return None


def _read(path: Path) -> dict[str, str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError):
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path} cannot be read as text: {error}. Mend it, or take it away.") from error
    values: dict[str, str] = {}
    for line in text.splitlines():
        name, equals, value = line.strip().removeprefix("export ").partition("=")
        if equals and not name.startswith("#"):
            values[name.strip()] = _bare(value.strip())
    return values


def _bare(value: str) -> str:
    """A value without its quotes, or without the comment behind it."""
    if len(value) > 1 and value[0] in "\"'" and value[0] in value[1:]:
        return value[1 : value.index(value[0], 1)]
    return value.split(" #", 1)[0].strip()
