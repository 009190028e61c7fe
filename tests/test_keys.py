"""Keys: from the environment, else from a `.env`; what is not there is None, and nothing is written anywhere."""

from pathlib import Path

import pytest

from synth.errors import BadConfig
from synth.keys import find_key

NAME = "ESPALIER_TEST_KEY"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A current folder without a `.env`, and no key in the environment."""
    folder = tmp_path / "current"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.delenv(NAME, raising=False)
    return folder


def test_the_environment_goes_before_any_file(elsewhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (elsewhere / ".env").write_text(f"{NAME}=from-file\n")
    assert find_key(NAME) == "from-file"
    monkeypatch.setenv(NAME, "  from-environment ")
    assert find_key(NAME) == "from-environment"
    monkeypatch.setenv(NAME, "   ")
    assert find_key(NAME) == "from-file"


def test_the_current_folder_goes_before_those_named(elsewhere: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / ".env").write_text(f"{NAME}=of-the-workspace")
    assert find_key(NAME) is None
    assert find_key(NAME, [tmp_path / "no-such-folder", workspace]) == "of-the-workspace"
    (elsewhere / ".env").write_text(f"{NAME}=of-the-current-folder")
    assert find_key(NAME, [workspace]) == "of-the-current-folder"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (f"{NAME}=plain", "plain"),
        (f"export {NAME}=exported", "exported"),
        (f"  {NAME} = spaced  ", "spaced"),
        (f"{NAME}='single # kept'", "single # kept"),
        (f'{NAME}="double" # a comment', "double"),
        (f"{NAME}=value # a comment", "value"),
        (f"{NAME}=a=b", "a=b"),
        (f"{NAME}=", None),
        (f"#{NAME}=off", None),
        (f"{NAME}", None),
        (f"{NAME}_MORE=other", None),
        (f"{NAME}=first\n{NAME}=last", "last"),
        (f"OTHER=1\r\n{NAME}=windows\r\n", "windows"),
    ],
)
def test_a_line_of_the_file_is_read_as_shells_read_it(elsewhere: Path, line: str, value: str | None) -> None:
    (elsewhere / ".env").write_text(line)
    assert find_key(NAME) == value


def test_a_file_that_cannot_be_read_is_named_without_its_content(elsewhere: Path) -> None:
    (elsewhere / ".env").write_bytes(f"{NAME}=sk-\xff\xfe-secret".encode("latin-1"))
    with pytest.raises(BadConfig, match=r"\.env cannot be read as text") as caught:
        find_key(NAME)
    assert "secret" not in str(caught.value)
    assert find_key.__doc__
