"""Servers on this machine: found where they answer as model servers, their kind told by their answers."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest

from synth.errors import BadInput
from synth.models.local_servers import PORTS, LocalServer, find_servers
from tests import loopback
from tests.loopback import Answer, Loopback, body, error, raw
from tests.models.endpoints import by_path, endpoint


def listed(owner: str = "", **more: object) -> Answer:
    """A list of one model."""
    return body({"data": [{"id": "tiny", "owned_by": owner, **more}]})


@contextmanager
def serving(*answers: Answer) -> Iterator[list[Loopback]]:
    """One server for each answer."""
    with ExitStack() as servers:
        yield [servers.enter_context(Loopback(answer)) for answer in answers]


def find(*servers: Loopback) -> list[LocalServer | None]:
    """What is found at the ports of these servers, in their order."""
    found = {server.address: server for server in asyncio.run(find_servers([server.port for server in servers]))}
    return [found.get(server.base_url) for server in servers]


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (endpoint(models=listed("library")), "Ollama"),
        (endpoint(models=listed("vllm", max_model_len=4096)), "vLLM"),
        (endpoint(models=listed("llamacpp")), "llama.cpp"),
        (endpoint(models=listed("organization_owner")), "LM Studio"),
        (endpoint(models=listed("sglang")), "SGLang"),
        (endpoint(models=body({"data": [{"id": "m"}]}, headers={"Server": "llama.cpp"})), "llama.cpp"),
        (endpoint(models=body({"data": []}, headers={"x-litellm-version": "1"})), "LiteLLM"),
        (by_path(v1__models=listed("me"), api__version=body({"version": "0.6.0"})), "Ollama"),
        (by_path(v1__models=listed("me"), props=body({"default_generation_settings": {}})), "llama.cpp"),
        (by_path(v1__models=listed("me"), get_model_info=body({"model_path": "x"})), "SGLang"),
        (by_path(v1__models=listed("me"), health__liveliness=body("I'm alive!")), "LiteLLM"),
        (by_path(v1__models=listed("me"), version=body({"version": "0.19"})), "vLLM"),
        (endpoint(models=listed("me")), ""),
    ],
)
def test_the_kind_of_a_server_is_told_by_its_answers(answer: Answer, kind: str) -> None:
    with serving(answer) as (server,):
        (found,) = find(server)
    assert found is not None
    assert found.kind == kind
    assert not found.needs_key


def test_a_server_is_offered_with_its_models_and_their_context() -> None:
    with serving(endpoint(models=listed("vllm", max_model_len=4096))) as (server,):
        (found,) = find(server)
    assert found is not None
    assert [(one.name, one.context) for one in found.models] == [("tiny", 4096)]


def test_a_server_that_wants_a_key_is_found_without_its_models() -> None:
    with serving(loopback.bad_key()) as (server,):
        (found,) = find(server)
    assert found == LocalServer(server.base_url, "", (), needs_key=True)


@pytest.mark.parametrize(
    "answer",
    [
        raw("<html>a page</html>", content_type="text/html"),
        error(404, "nothing here"),
        body({"status": "ready"}),
        body([1, 2]),
        body("no", status=403),
        loopback.reset(),
        loopback.server_error(),
        body({}, status=302, headers={"location": "/login"}),
    ],
)
def test_what_is_no_model_server_is_not_taken_for_one(answer: Answer) -> None:
    with serving(answer) as (server,):
        assert find(server) == [None]


def test_one_that_hangs_does_not_keep_the_others_from_being_found() -> None:
    with serving(loopback.hang(), endpoint(models=listed("vllm")), endpoint(models=listed("library"))) as servers:
        hanging, *others = find(*servers)
    assert hanging is None
    assert [found and found.kind for found in others] == ["vLLM", "Ollama"]


def test_no_key_goes_to_whatever_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-never-sent-99")
    with serving(endpoint(models=listed("me"))) as (server,):
        find(server)
        assert server.requests
        assert not [received for received in server.requests if "authorization" in received.headers]


def test_a_server_of_the_other_loopback_address_is_found_too() -> None:
    with socket.socket(socket.AF_INET6) as probe:
        try:
            probe.bind(("::1", 0))
        except OSError:
            pytest.skip("this machine has no ::1")
        port = probe.getsockname()[1]
    found = asyncio.run(_found_on_v6(port))
    assert [server.address for server in found] == [f"http://[::1]:{port}/v1"]


async def _found_on_v6(port: int) -> list[LocalServer]:
    async def models(request: loopback.web.Request) -> loopback.web.Response:
        return loopback.web.json_response({"data": [{"id": "tiny", "owned_by": "vllm"}]})

    app = loopback.web.Application()
    app.router.add_get("/v1/models", models)
    runner = loopback.web.AppRunner(app)
    await runner.setup()
    await loopback.web.TCPSite(runner, "::1", port).start()
    try:
        return [server for server in await find_servers([port]) if str(port) in server.address]
    finally:
        await runner.cleanup()


def test_the_usual_ports_are_looked_at_and_odd_ones_refused() -> None:
    assert {11434, 8000, 8080, 1234, 30000, 4000} <= set(PORTS)
    with pytest.raises(BadInput, match="70000 is no port"):
        asyncio.run(find_servers([70000]))
    with pytest.raises(BadInput, match="too many"):
        asyncio.run(find_servers(range(1, 200)))
