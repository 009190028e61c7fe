"""Find model servers on this machine, when a person asks: well-known ports of the loopback addresses, nothing else.

A port belongs to a model server where it answers as one; which kind it is, its answers say, not its number.
"""

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from synth.errors import BadInput
from synth.models.line import Heard, Line, NoAnswer
from synth.models.listing import Offered, read_models, shown
from synth.models.openai_errors import Endpoint

PORTS: dict[int, str] = {
    11434: "Ollama",
    8000: "vLLM",
    8080: "llama.cpp",
    1234: "LM Studio",
    30000: "SGLang",
    4000: "LiteLLM",
}
"""Where such servers listen unless told otherwise, and which."""

_HOSTS = ("127.0.0.1", "::1")
_SECONDS = 1.5
_MOST_PORTS = 64
_OWNERS = {
    "library": "Ollama",
    "vllm": "vLLM",
    "llamacpp": "llama.cpp",
    "organization_owner": "LM Studio",
    "sglang": "SGLang",
}
"""What the kinds write into their lists as the owner of a model."""
_MARKS = (
    ("/api/version", "version", "Ollama"),
    ("/props", "default_generation_settings", "llama.cpp"),
    ("/get_model_info", "model_path", "SGLang"),
    ("/version", "version", "vLLM"),
)
"""Path, a field of the answer, and the kind that has it: asked in this order where the list does not tell."""


@dataclass(frozen=True, slots=True)
class LocalServer:
    """A model server on this machine."""

    address: str
    """For `engine.base_url`."""
    kind: str
    """`Ollama` and so on; "" where it is none of the known."""
    models: tuple[Offered, ...]
    needs_key: bool = False
    """True where it tells nothing without a key."""


async def find_servers(ports: Iterable[int] = ()) -> list[LocalServer]:
    """The servers that answer on the usual ports and on `ports`, by port. Raises `BadInput` for one that is none."""
    more = list(dict.fromkeys(ports))
    for port in more:
        if not 0 < port < 2**16:
            raise BadInput(f"{port} is no port; they go from 1 to 65535.")
    if len(more) > _MOST_PORTS:
        raise BadInput(f"{len(more)} ports are too many to look at; name {_MOST_PORTS} at most.")
    wanted = sorted({*PORTS, *more})
    found = await asyncio.gather(*(_look(port) for port in wanted))
    return [server for server in found if server is not None]


async def _look(port: int) -> LocalServer | None:
    """What listens on a port: of the two loopback addresses, the first that answers as a model server."""
    looked = await asyncio.gather(*(_look_at(host, port) for host in _HOSTS))
    return next((server for server in looked if server is not None), None)


async def _listens(host: str, port: int) -> bool:
    try:
        async with asyncio.timeout(_SECONDS):
            _, writer = await asyncio.open_connection(host, port)
    except (OSError, TimeoutError):
        return False
    writer.close()
    return True


async def _look_at(host: str, port: int) -> LocalServer | None:
    if not await _listens(host, port):
        return None
    root = f"http://{f'[{host}]' if ':' in host else host}:{port}"
    async with Line(Endpoint(root, "", "", local=True, key=None), _SECONDS) as line:
        try:
            listed = await line.get("/v1/models")
        except NoAnswer:
            return None
        if listed.status in (401, 403) and _speaks(listed):
            return LocalServer(f"{root}/v1", await _kind(line, listed, ()), (), needs_key=True)
        offered = read_models(listed.body) if listed.status == 200 else None
        if offered is None:
            return None
        return LocalServer(f"{root}/v1", await _kind(line, listed, offered), offered)


def _speaks(heard: Heard) -> bool:
    """Whether a refusal comes from a model server: it is JSON and speaks of a key."""
    return isinstance(heard.body, Mapping) and any(
        word in str(heard.body).lower() for word in ("api key", "api_key", "apikey", "unauthorized", "authentication")
    )


async def _kind(line: Line, listed: Heard, offered: tuple[Offered, ...]) -> str:
    server = shown(listed.headers.get("server", "")).lower()
    if "llama.cpp" in server:
        return "llama.cpp"
    if any(name.startswith("x-litellm") for name in listed.headers):
        return "LiteLLM"
    for one in offered:
        if one.owner in _OWNERS:
            return _OWNERS[one.owner]
    for path, field, kind in _MARKS:
        try:
            heard = await line.get(path)
        except NoAnswer:
            return ""
        if heard.status == 200 and isinstance(heard.body, Mapping) and field in heard.body:
            return kind
    return await _litellm(line)


async def _litellm(line: Line) -> str:
    try:
        heard = await line.get("/health/liveliness")
    except NoAnswer:
        return ""
    return "LiteLLM" if heard.status == 200 and "alive" in str(heard.body).lower() else ""
