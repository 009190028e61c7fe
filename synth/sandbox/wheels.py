"""Getting packages from an index: wheels alone, so that no code of a package runs on the host."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from synth.errors import BadInput

_OPTIONS = "--no-deps --no-input --no-compile --no-user --no-warn-conflicts --progress-bar off --retries 2"
_IGNORED = {f"PIP_{name}" for name in ("CONSTRAINT", "EDITABLE", "NO_BINARY", "PREFIX", "REQUIREMENT", "ROOT", "USER")}
_OFFLINE = re.compile(
    r"NewConnectionError|ConnectTimeoutError|Max retries|name resolution|dns error|error sending|network was disabled"
)
_UNKNOWN = re.compile(r"from versions: none|was not found in the package registry")


def fetch(wanted: Sequence[Requirement], folder: Path, say: Callable[[str], None]) -> None:
    """Install exactly these distributions, without what they need, into the empty `folder`, telling progress.

    Where to get them from is the user's own configuration of pip. Raises `BadInput`, which says why it could not be
    done.
    """
    folder.mkdir()
    words = [plain(each) for each in wanted]
    say(f"Getting {', '.join(words)}")
    said = _run(_command(folder, words), folder.parent, say)
    if said is not None:
        log = folder.with_suffix(".log")
        detail = log.read_text(encoding="utf-8", errors="replace") if log.is_file() else said
        raise BadInput(_explain(wanted, said, detail))


def plain(wanted: Requirement) -> str:
    """A requirement as one word for a command: name and versions, nothing else."""
    return f"{canonicalize_name(wanted.name)}{wanted.specifier}"


def _command(folder: Path, words: Sequence[str]) -> list[str]:
    if importlib.util.find_spec("pip"):
        pip = [sys.executable, "-P", "-m", "pip", "install", "--only-binary=:all:", *_OPTIONS.split()]
        return [*pip, "--log", str(folder.with_suffix(".log")), "--target", str(folder), "--", *words]
    uv = shutil.which("uv", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}")
    if uv is None:
        raise BadInput(f"Packages cannot be added without pip. Mend: {sys.executable} -m ensurepip")
    options = ["--no-deps", "--only-binary", ":all:", "--python", sys.executable, "--target", str(folder)]
    return [uv, "pip", "install", *options, "--", *words]


def _run(command: Sequence[str], place: Path, say: Callable[[str], None]) -> str | None:
    """Run it in an empty place, telling its lines as they come; None where it worked, else what it said."""
    environment = {name: value for name, value in os.environ.items() if name not in _IGNORED}
    lines: list[str] = []
    with subprocess.Popen(
        command,
        cwd=place,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        try:
            for line in process.stdout or ():
                lines.append(line.rstrip())
                say(line.rstrip())
        except BaseException:
            process.kill()
            raise
    return "\n".join(lines) if process.returncode else None


def _explain(wanted: Sequence[Requirement], said: str, detail: str) -> str:
    """Why it failed. Pip says the same of what is not there and of what is there as source alone; its log does not."""
    names = ", ".join(map(plain, wanted))
    if _OFFLINE.search(said):
        return f"{names}: the package index cannot be reached. Nothing was changed. Mend: go online and try again"
    for each in wanted:
        name = canonicalize_name(each.name)
        named = rf"({re.escape(each.name)}|{re.escape(name)})(?![\w-])"
        if not re.search(
            rf"No matching distribution found for {named}|{named} was not found|no version of {named}", said
        ):
            continue
        if not _UNKNOWN.search(said):
            return f"{plain(each)}: the package index has no such version. Nothing was changed"
        if re.search(rf"No sources permitted for {named}", detail):
            return (
                f"{name}: there is only source, no wheel for this Python and machine, and building it would run its "
                "code here. Nothing was changed"
            )
        if "wheel's tags" in detail:
            return f"{name}: there is no wheel for this Python and machine. Nothing was changed"
        return f"{name}: the package index does not know this name. Nothing was changed"
    return f"{names}: could not be had. Nothing was changed. The installer said: {said[-600:]}"
