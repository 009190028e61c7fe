"""The switch that keeps every model call on this machine: proven by trying, with a server that waits for the call."""

import asyncio
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from aiohttp import ClientConnectorError

from synth.errors import ModelError
from synth.models.loopback_only import SWITCH, check_reachable, is_loopback, loopback_only
from synth.models.reach import open_session
from synth.settings import ROOT, RunConfig
from tests import loopback
from tests.loopback import Loopback
from tests.models.asking import ask, question
from tests.test_flow import open_with_seeds, wait


@contextmanager
def listening(host: str) -> Iterator[tuple[int, list[str]]]:
    """A port at an address of this machine, and who connected to it."""
    came: list[str] = []
    with socket.create_server((host, 0)) as server:
        server.settimeout(0.05)
        ended = threading.Event()

        def wait() -> None:
            while not ended.is_set():
                try:
                    caller, address = server.accept()
                except TimeoutError:
                    continue
                came.append(str(address))
                caller.close()

        thread = threading.Thread(target=wait)
        thread.start()
        try:
            yield server.getsockname()[1], came
        finally:
            ended.set()
            thread.join()


ANY = "0.0.0.0"
"""Not the loopback, and yet it leads to a server there: so a connection to it would come about, and can be seen."""


def test_every_test_runs_with_the_switch() -> None:
    assert os.environ[SWITCH] == "1"
    assert loopback_only()


def test_an_address_beyond_the_loopback_is_not_connected_to_though_it_could_be() -> None:
    with listening("127.0.0.1") as (port, came):
        socket.create_connection((ANY, port)).close()
        (error,) = ask(f"http://{ANY}:{port}/v1", question())
    assert isinstance(error, ModelError)
    assert f"{SWITCH} is set, and {ANY} is not this machine" in str(error)
    assert len(came) == 1, "only the one that the test itself made"


def test_without_the_switch_it_would_have_been_connected_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SWITCH)
    monkeypatch.setenv("NO_PROXY", "*")
    with listening("127.0.0.1") as (port, came):
        ask(f"http://{ANY}:{port}/v1", question(), deadline_seconds=0.5)
    assert came


@pytest.mark.parametrize(
    "url",
    [
        "http://192.0.2.1/v1",
        "https://192.0.2.1/v1",
        "http://[2001:db8::1]/v1",
        "http://[::ffff:192.0.2.1]/v1",
        "http://0xc0000201/v1",
        "http://3221225985/v1",
        "http://0.0.0.0:1/v1",
        "http://localhost.invalid/v1",
        "https://example.com/v1",
        "https://api.openai.com/v1",
    ],
)
def test_no_spelling_of_another_machine_gets_through(url: str) -> None:
    (error,) = ask(url, question())
    assert isinstance(error, ModelError)
    assert "cannot be reached" in str(error)
    with pytest.raises(ModelError, match="cannot be reached"):
        check_reachable(url)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "LOCALHOST", "0x7f.1", "0x7f.0x0.0x0.0x1"])
def test_every_spelling_of_this_machine_gets_through(host: str) -> None:
    with Loopback() as server:
        (reply,) = ask(f"http://{host}:{server.port}/v1", question())
    assert not isinstance(reply, BaseException), reply
    assert reply.text == "fine"
    check_reachable(f"http://{host}:{server.port}/v1")


def test_a_proxy_of_the_environment_is_not_asked_wherever_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    with listening("127.0.0.1") as (port, came):
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{port}")
        with Loopback() as server:
            (reply,) = ask(server.base_url, question())
        (error,) = ask("http://192.0.2.1/v1", question())
    assert not isinstance(reply, BaseException)
    assert isinstance(error, ModelError)
    assert came == []


def test_a_proxy_is_asked_for_other_machines_and_never_for_this_one_where_the_switch_is_off(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delenv(SWITCH)
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    with Loopback(loopback.ok("by proxy")) as proxy, Loopback(loopback.ok("direct")) as server:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{proxy.port}")
        (there,) = ask("http://model.invalid/v1", question())
        (here,) = ask(server.base_url, question())
    assert not isinstance(there, BaseException)
    assert not isinstance(here, BaseException)
    assert (there.text, here.text) == ("by proxy", "direct")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with (
        listening("127.0.0.1") as (port, came),
        Loopback(loopback.redirect(f"http://127.0.0.1:{port}/v1", status)) as server,
    ):
        (error,) = ask(server.base_url, question())
    assert isinstance(error, ModelError)
    assert "sends us to another address" in str(error)
    assert came == []


def test_even_a_session_that_follows_redirects_does_not_leave() -> None:
    async def run(url: str) -> None:
        async with open_session() as session:
            await session.get(url, allow_redirects=True)

    with listening("127.0.0.1") as (port, came), Loopback(loopback.redirect(f"http://{ANY}:{port}/", 302)) as server:
        url = server.base_url
        with pytest.raises(ClientConnectorError) as caught:
            asyncio.run(run(url))
    assert "not this machine" in str(caught.value.os_error)
    assert came == []


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("127.0.0.1", True),
        ("127.255.255.254", True),
        ("::1", True),
        ("::ffff:127.0.0.1", True),
        ("localhost", True),
        ("LOCALHOST.", True),
        ("localhost.evil.com", False),
        ("127.0.0.1.evil.com", False),
        ("::ffff:8.8.8.8", False),
        ("0.0.0.0", False),
        ("::", False),
        ("10.0.0.1", False),
        ("", False),
    ],
)
def test_what_is_this_machine_by_its_look(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


@pytest.mark.parametrize(("value", "on"), [("1", True), ("yes", True), ("0", False), ("", False), (" ", False)])
def test_the_switch_is_on_for_anything_but_nothing_and_nought(
    monkeypatch: pytest.MonkeyPatch, value: str, on: bool
) -> None:
    monkeypatch.setenv(SWITCH, value)
    assert loopback_only() is on


def test_a_process_that_is_started_inherits_it() -> None:
    code = (
        "import asyncio\n"
        "from synth.errors import ModelError\n"
        "from tests.models.asking import ask, question\n"
        "(error,) = ask('http://192.0.2.1/v1', question())\n"
        "print(type(error).__name__, error)\n"
    )
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.stdout.startswith("ModelError"), result.stderr
    assert SWITCH in result.stdout


def test_a_worker_inherits_it(tmp_path: Path) -> None:
    workspace = open_with_seeds(tmp_path)
    with listening("127.0.0.1") as (port, came):
        engine = {"kind": "openai", "model": "tiny", "base_url": f"http://{ANY}:{port}/v1"}
        config = {"engine": engine, "grow": {"steps": 0}, "sample": {"count": 0}, "evolve": {"roots": 0}}
        run_id = workspace.start_run(RunConfig.model_validate(config))
        assert wait(workspace, run_id) == "failed"
        said = workspace.run(run_id).error
    workspace.close()
    assert SWITCH in said
    assert came == []
