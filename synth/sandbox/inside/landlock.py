"""Landlock: what a process gives up for good, for itself and all it starts, where there are no namespaces.

By hand, because it is three system calls, which have the same numbers on every architecture.
"""

import ctypes
import os
import stat

LEAST_VERSION = 6
"""Of Landlock (Linux 6.12): the first that keeps signals and abstract sockets inside."""
_CREATE_RULESET, _ADD_RULE, _RESTRICT_SELF = 444, 445, 446
_ASK_VERSION, _PATH_BENEATH = 1, 1

_EXECUTE, _WRITE, _READ, _LIST = 1 << 0, 1 << 1, 1 << 2, 1 << 3
_REMOVE_FILE, _MAKE_FILE, _TRUNCATE = 1 << 5, 1 << 8, 1 << 14
_MAKE_CHARACTER, _MAKE_BLOCK, _DEVICE_CONTROL = 1 << 6, 1 << 11, 1 << 15
_ALL = (1 << 16) - 1
_ON_FILES = _EXECUTE | _WRITE | _READ | _TRUNCATE
_ALL_NETWORK = 0b11
"""Binding and connecting TCP."""
_ABSTRACT_SOCKETS, _SIGNALS = 0b01, 0b10

TO_USE = _READ | _LIST | _EXECUTE
"""Read, list and execute."""
TO_CHANGE = _READ | _WRITE
"""Read and write what is there."""
TO_SHARE = _READ | _WRITE | _TRUNCATE | _MAKE_FILE | _REMOVE_FILE
"""Make, read, write and remove files, without listing what is there."""
TO_OWN = _ALL & ~(_MAKE_CHARACTER | _MAKE_BLOCK | _DEVICE_CONTROL)
"""Everything but devices."""

_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


class _PathBeneath(ctypes.Structure):
    _pack_ = 1
    _fields_ = (("allowed", ctypes.c_uint64), ("parent", ctypes.c_int32))


def version() -> int:
    """Version of the kernel's Landlock; 0 where it has none, or it is not switched on."""
    found = _libc.syscall(ctypes.c_long(_CREATE_RULESET), None, ctypes.c_size_t(0), ctypes.c_uint32(_ASK_VERSION))
    return max(0, int(found))


def keep_signals_inside() -> None:
    """From now on signals reach only this process and those that it starts. Raises `OSError`."""
    _restrict(_Ruleset(0, 0, _SIGNALS), {})


def confine(places: dict[str, int]) -> None:
    """Take away all files but those below `places`, which maps paths to `TO_...`; all TCP; signals and abstract sockets
    of others.

    A place that does not exist, or that we may not enter, is left out. Raises `OSError`.
    """
    _restrict(_Ruleset(_ALL, _ALL_NETWORK, _ABSTRACT_SOCKETS | _SIGNALS), places)


def _restrict(rules: _Ruleset, places: dict[str, int]) -> None:
    """No new privileges must have been given up before."""
    size = ctypes.c_size_t(ctypes.sizeof(rules))
    ruleset = _call(_CREATE_RULESET, ctypes.byref(rules), size, ctypes.c_uint32(0))
    try:
        for place, allowed in places.items():
            _allow(ruleset, place, allowed)
        _call(_RESTRICT_SELF, ctypes.c_int(ruleset), ctypes.c_uint32(0))
    finally:
        os.close(ruleset)


def _allow(ruleset: int, place: str, allowed: int) -> None:
    try:
        descriptor = os.open(place, os.O_PATH | os.O_CLOEXEC)
    except OSError:
        return
    try:
        on_folder = stat.S_ISDIR(os.fstat(descriptor).st_mode)
        rule = _PathBeneath(allowed if on_folder else allowed & _ON_FILES, descriptor)
        _call(_ADD_RULE, ctypes.c_int(ruleset), ctypes.c_int(_PATH_BENEATH), ctypes.byref(rule), ctypes.c_uint32(0))
    finally:
        os.close(descriptor)


def _call(number: int, *arguments: object) -> int:
    result = int(_libc.syscall(ctypes.c_long(number), *arguments))
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"landlock: {os.strerror(code)}")
    return result
