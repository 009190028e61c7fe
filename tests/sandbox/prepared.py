"""A prepared runtime for tests to change: cheap copies of this machine's own, ways to run it, and hand-made wheels."""

import base64
import hashlib
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path

from synth.sandbox.runtime import EXTRAS_MOUNT, INSIDE_MOUNT, MOUNT, Runtime, prepare_runtime

LINKS = {"/bin": "usr/bin", "/lib": "usr/lib", "/lib64": "usr/lib64"}


def home_with_runtime(home: Path) -> Path:
    """A folder of prepared folders that holds this machine's interpreter and stated packages, and nothing added."""
    home.mkdir(exist_ok=True)
    folder = prepare_runtime(readable_by_all=os.geteuid() == 0).folder
    shutil.copytree(folder, home / folder.name, symlinks=True, copy_function=_link)
    return home


def _link(source: str, target: str) -> None:
    try:
        os.link(source, target)
    except OSError:
        shutil.copy2(source, target)


def run_there(runtime: Runtime, code: str) -> str:
    """What `code` prints in the runtime, as a sandbox without limits would run it, for another user if we may."""
    bwrap = shutil.which("bwrap")
    assert bwrap is not None
    words = [bwrap, "--unshare-all", "--clearenv", "--ro-bind", "/usr", "/usr", "--proc", "/proc", "--dev", "/dev"]
    words += ["--setenv", "LD_LIBRARY_PATH", f"{MOUNT}/lib", "--setenv", "PYTHONPATH", f"{INSIDE_MOUNT}:{EXTRAS_MOUNT}"]
    words += [word for place, target in LINKS.items() for word in ("--symlink", target, place)]
    mounts = {MOUNT: runtime.folder, INSIDE_MOUNT: runtime.inside, EXTRAS_MOUNT: runtime.extras}
    words += [word for place, folder in mounts.items() if folder for word in ("--ro-bind", str(folder), str(place))]
    user = 65_534 if os.geteuid() == 0 else None
    done = subprocess.run(
        [*words, f"{MOUNT}/bin/python3", "-s", "-P", "-c", code],
        cwd="/",
        user=user,
        group=user,
        extra_groups=None if user is None else [],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def make_wheel(
    folder: Path,
    name: str,
    version: str = "1.0",
    requires: tuple[str, ...] = (),
    files: Mapping[str, str] | None = None,
    tag: str = "py3-none-any",
) -> Path:
    """Make a wheel by hand; unless `files` are given it holds one module of the same name."""
    about = f"{name}-{version}.dist-info"
    needs = "".join(f"Requires-Dist: {each}\n" for each in requires)
    content = dict(files or {f"{name}.py": f"VERSION = {version!r}\n"})
    content[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n{needs}"
    content[f"{about}/WHEEL"] = f"Wheel-Version: 1.0\nGenerator: hand\nRoot-Is-Purelib: true\nTag: {tag}\n"
    lines = [f"{path},sha256={_hash(text)},{len(text.encode())}" for path, text in content.items()]
    content[f"{about}/RECORD"] = "\n".join([*lines, f"{about}/RECORD,,", ""])
    folder.mkdir(exist_ok=True)
    wheel = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for path, text in content.items():
            archive.writestr(path, text)
    return wheel


def _hash(text: str) -> str:
    return base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
