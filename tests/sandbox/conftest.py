"""What the tests of the sandbox share."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sandboxed import sandbox

__all__ = ["open_folder", "sandbox"]


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """An empty folder that every user may enter, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="espalier-test-", dir="/tmp"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


collect_ignore = ["honest", "hostile"]
"""Programs that run in the sandbox, not tests."""
