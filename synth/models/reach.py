"""Connections to model endpoints: the one way to the network of the model layer.

Every single connection is checked after its name was resolved, so neither a redirect, a proxy nor an odd spelling of
a host leaves this machine while `ESPALIER_LOOPBACK_ONLY` is set. Redirects are not followed: they would carry the key.
"""

import errno
import resource
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from io import BytesIO
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import certifi

from synth.models.loopback_only import check_address, loopback_only
from synth.models.openai_errors import Endpoint, cannot_reach

CONNECTIONS = 4096
"""At once to one endpoint; the gate in front lets in fewer."""
CONNECT_SECONDS = 10.0
MOST_BYTES = 2 << 20
"""Of an answer. No reply to our questions is nearly as long; what is longer is not read to its end, since hundreds of
them may come at once."""

_SENT_AT_ONCE = 1 << 20
"""Bytes; what is longer goes out in pieces, so that nothing else waits for it."""

_AddressInfo = tuple[Any, Any, int, str, tuple[Any, ...]]


class Unreachable(Exception):
    """No connection can be had. The message is a whole sentence, fit to show."""


class Broken(Exception):
    """A connection was had and broke, or what came through it was no HTTP."""


class NoRoom(Broken):
    """This machine allows no more open connections."""


class TooLong(Exception):
    """An answer of more than `MOST_BYTES`."""

    def __init__(self, start: bytes) -> None:
        super().__init__("the answer is too long")
        self.start = start


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back for one request."""

    status: int
    headers: Mapping[str, str]
    """Names in any case."""
    body: bytes


class Wire:
    """Requests to one endpoint. Use it inside one event loop and close it there."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._base = endpoint.address
        self._headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
        self._proxy = None if endpoint.local or loopback_only() else proxy_for(endpoint.address)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, path: str, data: bytes, most: int = MOST_BYTES) -> Answer:
        """Send JSON, for as long as it takes. Raises `Unreachable`, `Broken`, `NoRoom` and `TooLong`."""
        return await self.send("POST", path, data, {"Content-Type": "application/json"}, most)

    async def get(self, path: str, most: int = MOST_BYTES) -> Answer:
        """Fetch. Raises as `post`."""
        return await self.send("GET", path, None, {}, most)

    async def send(
        self, method: str, path: str, data: bytes | aiohttp.FormData | None, headers: Mapping[str, str], most: int
    ) -> Answer:
        """Any request; `path` goes behind the base address. Raises as `post`."""
        session = self._session or self._open()
        try:
            async with session.request(
                method,
                self._base + path,
                data=BytesIO(data) if isinstance(data, bytes) and len(data) > _SENT_AT_ONCE else data,
                headers={**self._headers, **headers},
                allow_redirects=False,
                proxy=self._proxy,
            ) as response:
                body = await _read(response, most)
                return Answer(response.status, response.headers, body)
        # `from None` throughout: the cause carries the request, and the request carries the key.
        except aiohttp.InvalidURL as error:
            raise Unreachable(cannot_reach(self._endpoint, str(error))) from None
        except aiohttp.ClientConnectorCertificateError as error:
            raise Unreachable(cannot_reach(self._endpoint, str(error.certificate_error))) from None
        except aiohttp.ClientConnectorError as error:
            if error.os_error.errno in (errno.EMFILE, errno.ENFILE):
                raise NoRoom from None
            raise Unreachable(cannot_reach(self._endpoint, _words(error.os_error))) from None
        except aiohttp.ConnectionTimeoutError:
            raise Unreachable(cannot_reach(self._endpoint, "it does not accept connections")) from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Broken(type(error).__name__) from None

    async def close(self) -> None:
        """Release connections."""
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        self._session = open_session()
        return self._session


def open_session(connections: int = CONNECTIONS, connect_seconds: float = CONNECT_SECONDS) -> aiohttp.ClientSession:
    """A session whose every connection is checked. It knows no proxy, no cookies and no password files."""
    _make_room(connections)
    connector = aiohttp.TCPConnector(
        limit=connections, ttl_dns_cache=60, socket_factory=_checked_socket, ssl=_certificates()
    )
    timeout = aiohttp.ClientTimeout(total=None, sock_connect=connect_seconds)
    return aiohttp.ClientSession(
        connector=connector,
        timeout=timeout,
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        headers={"User-Agent": "espalier"},
    )


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names for an address."""
    parts = urlsplit(url)
    if not parts.hostname or proxy_bypass(parts.netloc):
        return None
    return getproxies().get(parts.scheme)


def _checked_socket(info: _AddressInfo) -> socket.socket:
    """Called with each address that a name was resolved to, before it is connected."""
    family, kind, protocol, _, address = info
    check_address(str(address[0]))
    return socket.socket(family, kind, protocol)


@cache
def _certificates() -> ssl.SSLContext:
    """The system's; those of the `certifi` package where the system has none, as some installs of Python."""
    paths = ssl.get_default_verify_paths()
    bare = paths.cafile is None and paths.capath is None
    return ssl.create_default_context(cafile=certifi.where() if bare else None)


def _make_room(connections: int) -> None:
    """Each connection is an open file, and many systems allow 1,024 of them unless asked."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = connections + 1024
    if soft != resource.RLIM_INFINITY and soft < wanted:
        most = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))


async def _read(response: aiohttp.ClientResponse, most: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    async for part in response.content.iter_any():
        parts.append(part)
        size += len(part)
        if size > most:
            response.close()
            raise TooLong(b"".join(parts)[:most])
    return parts[0] if len(parts) == 1 else b"".join(parts)


def _words(error: OSError) -> str:
    return error.strerror or str(error)
