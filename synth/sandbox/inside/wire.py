"""Frames between the driver and the candidate: JSON with its length in front, bounded on both sides."""

import json
import os
import struct
from typing import Any

MOST_BYTES = 16 * 1024 * 1024
MOST_BRACKETS = 1_000_000
"""Each opens a list of at least 56 bytes in the reader."""
HEADER = struct.Struct("!I")


class Broken(Exception):
    """The other side ended, or sent what the protocol does not allow."""


class TooLarge(Exception):
    """A message of our own is larger than the other side would take."""


def send(link: int, message: list[Any]) -> None:
    """Write one frame. Raises `TooLarge` before anything is written, and `Broken` where nobody reads."""
    data = json.dumps(message, separators=(",", ":"), check_circular=False).encode()
    if len(data) > MOST_BYTES or brackets(data) > MOST_BRACKETS:
        raise TooLarge(f"{len(data)} bytes in one call")
    view = memoryview(HEADER.pack(len(data)) + data)
    try:
        while view:
            view = view[os.write(link, view) :]
    except OSError as error:
        raise Broken(str(error)) from None


def receive(link: int) -> list[Any] | None:
    """Read one frame; None at a regular end. Raises `Broken` for rubbish, without ever holding more than a frame."""
    head = read(link, HEADER.size)
    if not head:
        return None
    if len(head) < HEADER.size:
        raise Broken("the stream ends inside a frame")
    (size,) = HEADER.unpack(head)
    if size > MOST_BYTES:
        raise Broken(f"a frame of {size} bytes")
    data = read(link, size)
    if len(data) < size:
        raise Broken("the stream ends inside a frame")
    if brackets(data) > MOST_BRACKETS:
        raise Broken("a frame of too many lists")
    try:
        message = json.loads(data)
    except (ValueError, RecursionError):
        raise Broken("a frame that is not JSON") from None
    if not isinstance(message, list):
        raise Broken("a frame that is not a list")
    return message


def read(link: int, size: int) -> bytes:
    """Up to `size` bytes; fewer only where the stream ends."""
    try:
        data = os.read(link, min(size, 65536)) if size else b""
        if len(data) == size or not data:
            return data
        parts = bytearray(data)
        while len(parts) < size:
            data = os.read(link, min(size - len(parts), 1 << 20))
            if not data:
                break
            parts += data
    except OSError as error:
        raise Broken(str(error)) from None
    return bytes(parts)


def brackets(data: bytes) -> int:
    """How many lists and objects a frame can open at most."""
    return data.count(b"[") + data.count(b"{") if len(data) > MOST_BRACKETS else 0
