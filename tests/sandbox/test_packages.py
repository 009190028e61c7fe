"""Packages are added on purpose, as wheels, by a real pip; what does not work changes nothing."""

import io
import json
import os
import sys
import tarfile
import time
from importlib.metadata import version
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BadInput
from synth.sandbox import packages
from synth.sandbox.cache import LAYERS
from synth.sandbox.distributions import check_name
from synth.sandbox.runtime import Runtime, prepare_runtime
from tests.sandbox.prepared import home_with_runtime, make_wheel, run_there


@pytest.fixture
def home(open_folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A prepared folder of our own; pip sees nothing but the wheels in the folder `wheels` beside it."""
    wheels = open_folder / "wheels"
    wheels.mkdir()
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(wheels))
    return home_with_runtime(open_folder / "home")


def shelf(home: Path) -> Path:
    """Where pip looks for wheels."""
    return home.parent / "wheels"


def runtime_of(home: Path) -> Runtime:
    """The runtime as the next job would get it."""
    return prepare_runtime(True, home)


def added(home: Path) -> dict[str, str]:
    """Names and versions of what was added."""
    return {each.name: each.version for each in packages.listed(True, home) if each.origin != "stated"}


def state(home: Path) -> tuple[list[str], str]:
    """What a failure must leave as it is."""
    layers = home / LAYERS
    return sorted(entry.name for entry in home.iterdir()), layers.read_text() if layers.exists() else ""


def refused(home: Path, *names: str) -> str:
    """Why these cannot be added, after a look that nothing changed."""
    runtime_of(home)
    (home / "packages.lock").touch()
    before = state(home)
    with pytest.raises(BadInput) as caught:
        packages.add(names, True, home)
    assert state(home) == before
    return str(caught.value)


@pytest.mark.parametrize("name", ["numpy", "scikit-learn", "zope.interface", "a", "A_b", "x==1.0", "x==1!2.0rc1+cpu"])
def test_names_of_packages_are_taken(name: str) -> None:
    assert str(check_name(name)) == name
    assert check_name("requests[socks,security]==2.0").extras == {"socks", "security"}


@pytest.mark.parametrize(
    "name",
    [
        "",
        "-r",
        "--index-url=http://x",
        "-e.",
        ".",
        "..",
        "./x",
        "/etc/passwd",
        "x/y",
        "x\\y",
        "C:x",
        "git+https://example.org/x",
        "https://example.org/x.whl",
        "x @ file:///tmp/x.whl",
        "x.whl/",
        "x; import os",
        "x;python_version>'3'",
        "x y",
        "x\n--index-url=y",
        "x\n",
        "x\0",
        "$(id)",
        "`id`",
        "x|y",
        "x>=1",
        "x==1,<2",
        "x==*",
        "x==1.*",
        "x==nonsense",
        "x[",
        "x[]",
        "x[-e]",
        "_x",
        "x_",
        "é",
        "ｘ",
        "x" * 101,
        "x==" + "1" * 61,
    ],
)
def test_what_is_no_name_of_a_package_is_refused_before_anything_is_done(name: str, open_folder: Path) -> None:
    for change in (packages.add, packages.remove):
        with pytest.raises(BadInput):
            change(["fine", name], True, open_folder / "nowhere")
    assert list(open_folder.iterdir()) == []


@given(st.text(st.sampled_from("ab1-_.=![]<>~;@:/\\ \n\0'$`|&é"), max_size=12))
def test_a_name_that_is_taken_is_one_harmless_word(text: str) -> None:
    try:
        wanted = check_name(text)
    except BadInput:
        return
    assert text.isascii()
    assert text[0].isalnum()
    assert wanted.url is None
    assert wanted.marker is None
    assert not set(text) & set("<>~;@:/\\ \n\0'$`|&")


@pytest.mark.sandbox
def test_a_wheel_is_added_with_what_it_needs_and_can_be_imported(home: Path) -> None:
    make_wheel(shelf(home), "tiny", requires=("smaller>=2", "numpy", "absent; extra == 'more'"))
    make_wheel(shelf(home), "smaller", version="1.0")
    make_wheel(shelf(home), "smaller", version="2.5")
    said: list[str] = []
    new = packages.add(["tiny"], True, home, said.append)
    assert [(each.name, each.version, each.origin, each.asked) for each in new] == [
        ("smaller", "2.5", "downloaded", ""),
        ("tiny", "1.0", "downloaded", "tiny"),
    ]
    assert any("tiny" in line for line in said)
    runtime = runtime_of(home)
    assert {"tiny", "smaller"} <= runtime.importable()
    code = "import tiny, smaller, numpy; from importlib.metadata import version; "
    code += "print(tiny.__file__, tiny.__cached__, smaller.VERSION, version('tiny'))"
    assert run_there(runtime, code) == "/packages/tiny.py /packages/__pycache__/tiny.cpython-{}{}.pyc 2.5 1.0".format(
        *sys.version_info[:2]
    )
    assert runtime.extras is not None
    assert (runtime.extras / f"__pycache__/tiny.{sys.implementation.cache_tag}.pyc").read_bytes()[4:8] == b"\1\0\0\0"
    assert json.loads((home / LAYERS).read_text()).popitem()[1] == runtime.extras.name
    assert sorted(entry.name.split("-")[0] for entry in home.iterdir()) == [
        "inside",
        "packages",
        "packages.json",
        "packages.lock",
        "python",
        "runtime.lock",
    ]


@pytest.mark.sandbox
def test_what_the_environment_has_is_taken_from_there_without_an_index(home: Path) -> None:
    new = packages.add(["joblib"], True, home)
    assert {each.name: (each.version, each.origin) for each in new}["joblib"] == (version("joblib"), "environment")
    assert run_there(runtime_of(home), "import joblib; print(joblib.__file__)") == "/packages/joblib/__init__.py"


def test_packages_that_are_added_stay_and_leave_one_by_one(home: Path) -> None:
    make_wheel(shelf(home), "one", requires=("both",))
    make_wheel(shelf(home), "two", requires=("both",))
    make_wheel(shelf(home), "both")
    packages.add(["one"], True, home)
    first = runtime_of(home).extras
    assert packages.add(["one"], True, home) == ()
    assert runtime_of(home).extras == first
    packages.add(["two"], True, home)
    assert added(home) == {"one": "1.0", "two": "1.0", "both": "1.0"}
    assert first is not None
    assert (first / "one.py").is_file()
    assert [each.name for each in packages.remove(["one"], True, home)] == ["one"]
    assert added(home) == {"two": "1.0", "both": "1.0"}
    with pytest.raises(BadInput, match="both was not added"):
        packages.remove(["both"], True, home)
    packages.remove(["two"], True, home)
    assert added(home) == {}
    assert runtime_of(home).extras is None


def test_another_version_replaces_the_one_before(home: Path) -> None:
    make_wheel(shelf(home), "tiny", version="1.0")
    make_wheel(shelf(home), "tiny", version="2.0")
    packages.add(["tiny==1.0"], True, home)
    assert added(home) == {"tiny": "1.0"}
    packages.add(["Tiny==2.0"], True, home)
    assert added(home) == {"tiny": "2.0"}


def test_versions_that_two_packages_agree_on_are_found(home: Path) -> None:
    make_wheel(shelf(home), "one", requires=("shared>=1",))
    make_wheel(shelf(home), "two", requires=("deeper",))
    make_wheel(shelf(home), "deeper", requires=("shared<2",))
    for number in ("1.0", "1.5", "2.0"):
        make_wheel(shelf(home), "shared", version=number)
    packages.add(["one", "two"], True, home)
    assert added(home) == {"one": "1.0", "two": "1.0", "deeper": "1.0", "shared": "1.5"}


def test_a_package_of_the_stated_set_is_there_already_and_in_that_version_only(home: Path) -> None:
    assert packages.add(["NumPy", f"pandas=={version('pandas')}"], True, home) == ()
    assert "belongs to the stated set" in refused(home, "numpy==1.0")
    make_wheel(shelf(home), "old", requires=("numpy<1",))
    assert "numpy<1 is needed, and the sandbox has another version" in refused(home, "old")


def test_what_is_not_in_the_index_is_named(home: Path) -> None:
    make_wheel(shelf(home), "tiny")
    assert "nonesuch: the package index does not know this name" in refused(home, "tiny", "nonesuch")
    assert "tiny==9.9: the package index has no such version" in refused(home, "tiny==9.9")
    make_wheel(shelf(home), "tall", requires=("ground",))
    assert "ground: the package index does not know this name" in refused(home, "tall")
    make_wheel(shelf(home), "foreign", tag="cp27-cp27m-win32")
    assert "no wheel for this Python and machine" in refused(home, "foreign")


def test_a_package_that_is_only_source_is_never_built(home: Path) -> None:
    mark = home.parent / "ran"
    script = f"open({str(mark)!r}, 'w')\nfrom setuptools import setup\nsetup(name='raw', version='1.0')\n".encode()
    with tarfile.open(shelf(home) / "raw-1.0.tar.gz", "w:gz") as archive:
        for name, text in (("setup.py", script), ("PKG-INFO", b"Metadata-Version: 1.0\nName: raw\nVersion: 1.0\n")):
            entry = tarfile.TarInfo(f"raw-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text))
    assert "there is only source" in refused(home, "raw")
    make_wheel(shelf(home), "leads", requires=(f"raw @ file://{shelf(home)}/raw-1.0.tar.gz",))
    assert "there is only source" in refused(home, "leads")
    assert not mark.exists()


def test_without_a_network_it_says_so(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    monkeypatch.setenv("PIP_TIMEOUT", "1")
    started = time.monotonic()
    assert "the package index cannot be reached" in refused(home, "nonesuch")
    assert time.monotonic() - started < 60


@pytest.mark.parametrize("module", ["json.py", "numpy/__init__.py", "synth/__init__.py", "_pytest.py"])
def test_a_package_cannot_stand_in_for_a_module_that_is_there(home: Path, module: str) -> None:
    make_wheel(shelf(home), "sly", files={module: "", "sly.py": ""})
    if module.startswith("synth"):
        packages.add(["sly"], True, home)
        assert not list(home.glob("packages-*/synth"))
    else:
        assert "which the sandbox has already" in refused(home, "sly")


@pytest.mark.sandbox
def test_nothing_of_a_package_runs_before_it_is_imported(home: Path) -> None:
    start = "import sys; sys.stderr.write('started')\nraise SystemExit(3)\n"
    names = ("sitecustomize.py", "usercustomize.py", "a.pth", "tiny.py", "broken.py", "tiny_tests/tests/x.py")
    make_wheel(shelf(home), "tiny", files=dict.fromkeys(names, start) | {"broken.py": "def ("})
    packages.add(["tiny"], True, home)
    extras = runtime_of(home).extras
    assert extras is not None
    assert [name for name in names if (extras / name).exists()] == ["tiny.py", "broken.py", "tiny_tests/tests/x.py"]
    assert run_there(runtime_of(home), "print('here')") == "here"


def test_when_the_added_packages_are_gone_it_says_how_to_get_them_back(home: Path) -> None:
    make_wheel(shelf(home), "tiny")
    packages.add(["tiny"], True, home)
    extras = runtime_of(home).extras
    assert extras is not None
    extras.rename(home.parent / "elsewhere")
    said: list[str] = []
    assert prepare_runtime(True, home, said.append).extras is None
    assert "synth sandbox packages add" in said[-1]
    packages.add(["tiny"], True, home)
    assert added(home) == {"tiny": "1.0"}
