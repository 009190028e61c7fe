"""A second system call filter, for cells that have no namespaces: what these would have taken from the job.

It is put before the usual one, and the stricter of both holds. A program of pairs: is it this call, then say this.
"""

import errno
import os
import struct

_ALLOW, _ERRNO, _KILL = 0x7FFF0000, 0x00050000, 0x80000000
_LOAD, _EQUAL, _AND, _RETURN = 0x20, 0x15, 0x54, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
_PRETEND = 0
"""Say that it was done: copying files goes on then, and nothing else depends on it."""

_Numbers = tuple[int, int]
"""Of a call on x86-64 and on arm64; -1 where there is none."""

# Sockets, because addresses are those of the host; and news of what happens to files, which Landlock lets through.
_REFUSED: dict[str, tuple[_Numbers, int]] = {
    "accept": ((43, 202), errno.EPERM),
    "accept4": ((288, 242), errno.EPERM),
    "bind": ((49, 200), errno.EPERM),
    "connect": ((42, 203), errno.EPERM),
    "inotify_add_watch": ((254, 27), errno.EPERM),
    "inotify_init": ((253, -1), errno.EPERM),
    "inotify_init1": ((294, 26), errno.EPERM),
    "ioprio_set": ((251, 30), errno.EPERM),
    "listen": ((50, 201), errno.EPERM),
    "socket": ((41, 198), errno.EAFNOSUPPORT),
}

# Landlock does not bound what follows. Whoever may write to a file, wherever it is, may do this to it ...
_ON_WRITABLE_FILES: dict[str, tuple[_Numbers, int]] = {
    "fremovexattr": ((199, 16), errno.ENOTSUP),
    "fsetxattr": ((190, 7), errno.ENOTSUP),
    "futimesat": ((261, -1), _PRETEND),
    "lremovexattr": ((198, 15), errno.ENOTSUP),
    "lsetxattr": ((189, 6), errno.ENOTSUP),
    "removexattr": ((197, 14), errno.ENOTSUP),
    "setxattr": ((188, 5), errno.ENOTSUP),
    "utime": ((132, -1), _PRETEND),
    "utimensat": ((280, 88), _PRETEND),
    "utimes": ((235, -1), _PRETEND),
}

# ... and this who owns it, which a user without an account does of nothing.
_ON_OWNED_FILES: dict[str, tuple[_Numbers, int]] = {
    "chmod": ((90, -1), _PRETEND),
    "chown": ((92, -1), errno.EPERM),
    "fchmod": ((91, 52), _PRETEND),
    "fchmodat": ((268, 53), _PRETEND),
    "fchown": ((93, 55), errno.EPERM),
    "fchownat": ((260, 54), errno.EPERM),
    "lchown": ((94, -1), errno.EPERM),
}

# Allowed where these arguments are 0, which means the caller itself.
_ON_ITSELF: dict[str, tuple[_Numbers, tuple[int, ...]]] = {
    "sched_setaffinity": ((203, 122), (0,)),
    "sched_setattr": ((314, 274), (0,)),
    "sched_setparam": ((142, 118), (0,)),
    "sched_setscheduler": ((144, 119), (0,)),
    "setpriority": ((141, 140), (0, 1)),
}
_PRCTL: _Numbers = (157, 167)
_SET_DUMPABLE = 4
_SOCKETPAIR: _Numbers = (53, 199)
_CONNECTED_KINDS = (1, 5)
"""Streams and packets in order; datagrams could be sent anywhere."""
_KIND = 0xF
_IOCTL: _Numbers = (16, 29)
_CONTROLS = (0x5401, 0x5413, 0x541B, 0x5421, 0x5450, 0x5451)
"""Whether it is a terminal and of which size, how much there is to read, blocking, closing. Others mark files."""

_Instruction = tuple[int, int, int, int]


def narrow_program(owns_files: bool, machine: str | None = None) -> bytes:
    """The filter for this machine, as an array of `struct sock_filter`.

    `owns_files`: files of the host belong to the user that the job runs as. Raises `KeyError` on machines other than
    x86-64 and arm64.
    """
    which, architecture = _ARCHITECTURES[machine or os.uname().machine]
    lines: list[_Instruction] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 1, 0, architecture),
        (_RETURN, 0, 0, _KILL),
        (_LOAD, 0, 0, _NUMBER),
    ]
    refused = _REFUSED | _ON_WRITABLE_FILES | (_ON_OWNED_FILES if owns_files else {})
    for numbers, code in refused.values():
        lines += _when(numbers[which], [_refuse(code)])
    for numbers, places in _ON_ITSELF.values():
        lines += _when(numbers[which], _all_zero(places))
    lines += _when(_PRCTL[which], [_argument(0), (_EQUAL, 0, 1, _SET_DUMPABLE), _refuse(errno.EPERM), _allow()])
    kind: list[_Instruction] = [_argument(1), (_AND, 0, 0, _KIND)]
    lines += _when(_SOCKETPAIR[which], [*kind, *_one_of(_CONNECTED_KINDS), _refuse(errno.EPROTONOSUPPORT)])
    lines += _when(_IOCTL[which], [_argument(1), *_one_of(_CONTROLS), _refuse(errno.ENOTTY)])
    lines += [_allow()]
    return b"".join(struct.pack("=HBBI", code, yes, no, value) for code, yes, no, value in lines)


def _when(number: int, lines: list[_Instruction]) -> list[_Instruction]:
    """These lines, which end by themselves, for this call alone."""
    return [] if number < 0 else [(_EQUAL, 0, len(lines), number), *lines]


def _all_zero(places: tuple[int, ...]) -> list[_Instruction]:
    lines: list[_Instruction] = []
    for place in places:
        lines += [_argument(place), (_EQUAL, 1, 0, 0), _refuse(errno.EPERM)]
    return [*lines, _allow()]


def _one_of(values: tuple[int, ...]) -> list[_Instruction]:
    return [line for value in values for line in ((_EQUAL, 0, 1, value), _allow())]


def _argument(place: int) -> _Instruction:
    """Load the lower half of an argument; every argument looked at is an `int` for the kernel."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * place)


def _refuse(code: int) -> _Instruction:
    return (_RETURN, 0, 0, _ERRNO | code)


def _allow() -> _Instruction:
    return (_RETURN, 0, 0, _ALLOW)
