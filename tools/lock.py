"""Resolve pyproject.toml into requirements.lock: every platform in one file, without GPU packages.

`start.py` installs PyTorch by itself and the rest with --no-deps, so the GPU packages of its default build must not be
among them.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
GPU = ("nvidia-", "cuda-", "triton")
HEAD = "# Made by `make lock` from pyproject.toml. Do not edit by hand.\n"


def main() -> None:
    """Write the lock."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "pyproject.toml", "--extra", "dev", "--universal"]
    command += ["--python-version", "3.11", "--no-header", "--no-annotate", "--quiet", "-"]
    lines = subprocess.run(command[:-1], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()
    kept = [line.replace("+cpu", "") for line in lines if line and not line.startswith((*GPU, "-", "--"))]
    (ROOT / "requirements.lock").write_text(HEAD + "\n".join(kept) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
