"""Where bubblewrap is missing, the tests that need it are skipped; never in CI."""

import os
import shutil

import pytest

from synth.sandbox.choose import install_command


@pytest.fixture(autouse=True)
def bubblewrap(request: pytest.FixtureRequest) -> None:
    """Skip what cannot run here."""
    if request.node.get_closest_marker("sandbox") and shutil.which("bwrap") is None and not os.environ.get("CI"):
        pytest.skip(f"bubblewrap is missing: {install_command()}")
