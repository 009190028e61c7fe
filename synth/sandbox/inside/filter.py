"""The system call filter of everything that runs under a cell's first process: classic BPF, assembled by hand.

Every number up to the newest call that was looked at is either allowed or refused here; newer ones do not exist as far
as the job is concerned. No library is needed to compile it, so that nothing has to be installed for it.
"""

import errno
import os
import struct

_ALLOW = 0x7FFF0000
_ERRNO = 0x00050000
_KILL = 0x80000000
_LOAD, _EQUAL, _GREATER, _ANY_BIT, _RETURN = 0x20, 0x15, 0x25, 0x45, 0x06
_NUMBER, _ARCHITECTURE, _ARGUMENTS = 0, 4, 16
_NEWEST = 450
_X32 = 0x3FFFFFFF

# Names with their numbers on x86-64 and on arm64; 0 where there is none (0 itself is harmless on both).
_REFUSED: dict[str, tuple[int, int]] = {
    "acct": (163, 89),
    "add_key": (248, 217),
    "adjtimex": (159, 171),
    "bpf": (321, 280),
    "chroot": (161, 51),
    "clock_adjtime": (305, 266),
    "clock_settime": (227, 112),
    "create_module": (174, 0),
    "delete_module": (176, 106),
    "fanotify_init": (300, 262),
    "fanotify_mark": (301, 263),
    "finit_module": (313, 273),
    "fsconfig": (431, 431),
    "fsmount": (432, 432),
    "fsopen": (430, 430),
    "fspick": (433, 433),
    "get_kernel_syms": (177, 0),
    "init_module": (175, 105),
    "io_setup": (206, 0),
    "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427),
    "io_uring_setup": (425, 425),
    "ioperm": (173, 0),
    "iopl": (172, 0),
    "kcmp": (312, 272),
    "kexec_file_load": (320, 294),
    "kexec_load": (246, 104),
    "keyctl": (250, 219),
    "lookup_dcookie": (212, 18),
    "mbind": (237, 235),
    "memfd_create": (319, 279),
    "memfd_secret": (447, 447),
    "migrate_pages": (256, 238),
    "modify_ldt": (154, 0),
    "mount": (165, 40),
    "mount_setattr": (442, 442),
    "move_mount": (429, 429),
    "move_pages": (279, 239),
    "mq_open": (240, 180),
    "mq_unlink": (241, 181),
    "msgctl": (71, 187),
    "msgget": (68, 186),
    "msgrcv": (70, 188),
    "msgsnd": (69, 189),
    "name_to_handle_at": (303, 264),
    "nfsservctl": (180, 42),
    "open_by_handle_at": (304, 265),
    "open_tree": (428, 428),
    "perf_event_open": (298, 241),
    "personality": (135, 92),
    "pidfd_getfd": (438, 438),
    "pivot_root": (155, 41),
    "process_madvise": (440, 440),
    "process_mrelease": (448, 448),
    "process_vm_readv": (310, 270),
    "process_vm_writev": (311, 271),
    "ptrace": (101, 117),
    "query_module": (178, 0),
    "quotactl": (179, 60),
    "quotactl_fd": (443, 443),
    "reboot": (169, 142),
    "request_key": (249, 218),
    "seccomp": (317, 277),
    "semctl": (66, 191),
    "semget": (64, 190),
    "semop": (65, 193),
    "semtimedop": (220, 192),
    "set_mempolicy": (238, 237),
    "set_mempolicy_home_node": (450, 450),
    "setdomainname": (171, 162),
    "sethostname": (170, 161),
    "setns": (308, 268),
    "settimeofday": (164, 170),
    "shmat": (30, 196),
    "shmctl": (31, 195),
    "shmdt": (67, 197),
    "shmget": (29, 194),
    "swapoff": (168, 225),
    "swapon": (167, 224),
    "sysctl": (156, 0),
    "sysfs": (139, 0),
    "syslog": (103, 116),
    "umount2": (166, 39),
    "unshare": (272, 97),
    "uselib": (134, 0),
    "userfaultfd": (323, 282),
    "ustat": (136, 0),
    "vhangup": (153, 58),
    "vmsplice": (278, 75),
}
_CLONE, _CLONE3 = (56, 220), (435, 435)
_SOCKET, _SOCKETPAIR = (41, 198), (53, 199)
_IOCTL, _PRCTL, _PRLIMIT = (16, 29), (157, 167), (302, 261)
_ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
"""Which of the two numbers, and the kernel's own name of the architecture."""

_NEW_NAMESPACES = 0x7E020080
"""`CLONE_NEW*`, all eight."""
_LOCAL, _INTERNET = 1, (2, 10)
_PROTOCOLS = (0, 6, 17)
"""The default one, TCP, UDP."""
_TERMINAL_INJECTION = (0x5412, 0x541C)
_SET_SECCOMP = 22

Instruction = tuple[int, int | str, int | str, int]


def filter_program(machine: str | None = None, internet: bool = True) -> bytes:
    """The filter for this machine, as an array of `struct sock_filter`; `internet`: IP sockets can be made.

    Raises `KeyError` on machines other than x86-64 and arm64.
    """
    which, architecture = _ARCHITECTURES[machine or os.uname().machine]
    lines: list[Instruction | str] = [
        (_LOAD, 0, 0, _ARCHITECTURE),
        (_EQUAL, 0, "kill", architecture),
        (_LOAD, 0, 0, _NUMBER),
    ]
    lines += [(_GREATER, "missing" if which else "newer", 0, _NEWEST)]
    lines += [(_EQUAL, "missing", 0, _CLONE3[which])]
    for number, section in _sections(which):
        lines += [(_EQUAL, section, 0, number)]
    lines += [(_EQUAL, "refused", 0, numbers[which]) for numbers in _REFUSED.values() if numbers[which]]
    lines += ["allowed", (_RETURN, 0, 0, _ALLOW)]
    lines += _socket((_LOCAL, *_INTERNET) if internet else (_LOCAL,))
    for build in (_clone, _pair, _ioctl, _prctl, _limits):
        lines += build()
    lines += ["newer", (_GREATER, "kill", "missing", _X32)]
    lines += ["refused", (_RETURN, 0, 0, _ERRNO | errno.EPERM)]
    lines += ["missing", (_RETURN, 0, 0, _ERRNO | errno.ENOSYS)]
    lines += ["family", (_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT)]
    lines += ["kill", (_RETURN, 0, 0, _KILL)]
    return _assemble(lines)


def _sections(which: int) -> list[tuple[int, str]]:
    """Calls that are allowed with some arguments only, and where these are looked at."""
    calls = ((_CLONE, "clone"), (_SOCKET, "socket"), (_SOCKETPAIR, "pair"), (_IOCTL, "ioctl"), (_PRCTL, "prctl"))
    return [(numbers[which], name) for numbers, name in (*calls, (_PRLIMIT, "limits"))]


def _argument(place: int) -> Instruction:
    """Load the lower half of an argument; every argument looked at is an `int` for the kernel."""
    return (_LOAD, 0, 0, _ARGUMENTS + 8 * place)


def _clone() -> list[Instruction | str]:
    return ["clone", _argument(0), (_ANY_BIT, "refused", "allow it", _NEW_NAMESPACES), "allow it", _allow()]


def _socket(families: tuple[int, ...]) -> list[Instruction | str]:
    lines: list[Instruction | str] = ["socket", _argument(0)]
    lines += [(_EQUAL, "protocol", 0, family) for family in families]
    lines += [(_RETURN, 0, 0, _ERRNO | errno.EAFNOSUPPORT), "protocol", _argument(2)]
    lines += [(_EQUAL, "known protocol", 0, protocol) for protocol in _PROTOCOLS]
    return [*lines, (_RETURN, 0, 0, _ERRNO | errno.EPROTONOSUPPORT), "known protocol", _allow()]


def _pair() -> list[Instruction | str]:
    return ["pair", _argument(0), (_EQUAL, 0, "family", _LOCAL), _allow()]


def _ioctl() -> list[Instruction | str]:
    return ["ioctl", _argument(1), *((_EQUAL, "refused", 0, each) for each in _TERMINAL_INJECTION), _allow()]


def _prctl() -> list[Instruction | str]:
    return ["prctl", _argument(0), (_EQUAL, "refused", 0, _SET_SECCOMP), _allow()]


def _limits() -> list[Instruction | str]:
    """A process may set its own limits, not those of the first process, whose user it shares."""
    return ["limits", _argument(0), (_EQUAL, 0, "refused", 0), _allow()]


def _allow() -> Instruction:
    return (_RETURN, 0, 0, _ALLOW)


def _assemble(lines: list[Instruction | str]) -> bytes:
    """Put distances in the place of names."""
    places: dict[str, int] = {}
    instructions: list[Instruction] = []
    for line in lines:
        if isinstance(line, str):
            places[line] = len(instructions)
        else:
            instructions.append(line)
    return b"".join(
        struct.pack("=HBBI", code, _distance(places, yes, at), _distance(places, no, at), value)
        for at, (code, yes, no, value) in enumerate(instructions)
    )


def _distance(places: dict[str, int], to: int | str, at: int) -> int:
    return places[to] - at - 1 if isinstance(to, str) else to
