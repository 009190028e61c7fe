"""The switch `ESPALIER_LOOPBACK_ONLY=1`: no model endpoint beyond this machine is spoken to, whatever a config says.

Tests and demonstrations set it, and workers inherit it. `reach` asks here at every single connection.
"""

import ipaddress
import os
import socket
from urllib.parse import urlsplit

from synth.errors import ModelError

SWITCH = "ESPALIER_LOOPBACK_ONLY"


class Elsewhere(OSError):
    """A connection that would have left this machine."""


def loopback_only() -> bool:
    """Whether the switch is on."""
    return os.environ.get(SWITCH, "").strip() not in ("", "0")


def is_loopback(host: str) -> bool:
    """Whether a host, a name or an address in any spelling, is this machine by its look alone; nothing is resolved."""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host.rstrip(".").lower() == "localhost"
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def check_address(host: str) -> None:
    """Raise `Elsewhere` for the address of another machine while the switch is on."""
    if loopback_only() and not is_loopback(host):
        raise Elsewhere(f"{SWITCH} is set, and {host} is not this machine")


def check_reachable(url: str) -> None:
    """Raise `ModelError` where the switch is on and `url` leads to another machine, by whatever name.

    For whoever connects by other means than `reach`. The name is resolved, which may take a moment.
    """
    if not loopback_only():
        return
    host = urlsplit(url).hostname or ""
    try:
        found = {str(info[4][0]) for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        for address in found:
            check_address(address)
    except (OSError, UnicodeError) as error:
        raise ModelError(f"{host} cannot be reached: {error}. Use a server on this machine.") from None
