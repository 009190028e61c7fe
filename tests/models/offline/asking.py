"""How these tests put questions to the offline engine, and an embedder of words that needs no model."""

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.models.base import Request
from synth.models.offline.kit import Kit, load_kit
from synth.records import CodeFile
from synth.settings import DATA

WIDTH = 1024


def embed_words(texts: Sequence[str]) -> NDArray[np.float32]:
    """Unit vectors of word stems: texts that share words are alike, others are not."""
    rows = np.zeros((len(texts), WIDTH), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        for word in re.findall(r"\w+", text.lower()):
            row[int.from_bytes(sha256(word.rstrip("s").encode()).digest()[:4]) % WIDTH] += 1.0
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def make_kit() -> Kit:
    """The shipped blocks with the embedder of words."""
    return load_kit(DATA, embed_words)


def ask(prompt: str, draw: int = 0, **inputs: object) -> Request:
    """A question as the steps put it."""
    return Request(prompt=prompt, prompt_hash="h", inputs=inputs, text="", temperature=0.7, draw=draw)


def ask_task(mandatory: Sequence[str], others: Sequence[str] = (), level: str = "function", draw: int = 0) -> Request:
    """A question for a task about features of one category."""
    features = {"data processing": [*mandatory, *others]}
    return ask(
        "make_task",
        draw,
        optional_features=features,
        mandatory_features=list(mandatory),
        language="Python",
        level=level,
    )


def tag(reply: str, name: str) -> str:
    """What stands between `<name>` and `</name>`."""
    found = re.search(rf"<{name}>(.*?)</{name}>", reply, re.DOTALL)
    assert found, f"no <{name}> in {reply[:300]}"
    return found[1].strip()


def question_of(reply: str) -> str:
    """The question that a solver gets: instruction, then statement."""
    return f"{tag(reply, 'i')}\n\n{tag(reply, 't')}"


def as_inputs(files: Iterable[CodeFile]) -> list[dict[str, str]]:
    """Files as the repair prompt carries them."""
    return [{"path": file.path, "text": file.text} for file in files]


def run_pytest(folder: Path, files: Iterable[CodeFile], tests: Iterable[CodeFile]) -> tuple[bool, str]:
    """Write everything to `folder` and run plain pytest there: whether all passed, and what was printed."""
    for file in (*files, *tests):
        path = folder / file.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(file.text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir=.", "-c", os.devnull],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        env={"PATH": os.defpath, "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    return done.returncode == 0, done.stdout
