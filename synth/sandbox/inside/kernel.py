"""What the kernel is asked for that Python has no words for: namespaces, mounts, privileges, filters."""

import ctypes
import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

# Imports are few here and in `cell`: where every job has its own bubblewrap, each job pays for them.

_SYSCALL_CLONE = {"x86_64": 56, "aarch64": 220}
_SYSCALL_CAPSET = {"x86_64": 126, "aarch64": 91}
_CLONE_PIDFD, _SIGCHLD = 0x1000, 17
_NEW_MOUNTS, _NEW_IPC, _NEW_USER, _NEW_PIDS, _NEW_NETWORK = 0x20000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
_NO_SUID, _NO_DEVICES, _NO_EXECUTION, _RECURSIVE, _PRIVATE = 2, 4, 8, 0x4000, 0x40000
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_CAPBSET_DROP, _PR_SET_NO_NEW_PRIVS, _PR_CAP_AMBIENT = 4, 22, 24, 38, 47
_PR_CAP_AMBIENT_CLEAR_ALL = 4
_SECCOMP_MODE_FILTER = 2
_SIOCSIFFLAGS, _IFF_UP = 0x8914, 1
_CAPABILITY_VERSION = 0x20080522

# Held while the call runs: after a clone the child has one thread, and it must own the interpreter.
_libc = ctypes.PyDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def clone_cell(network: bool) -> tuple[int, int]:
    """Fork into new user, process, mount and IPC namespaces, and a new network namespace where that is asked for.

    Returns pid (0 in the child) and a descriptor of the process (-1 in the child). Raises `OSError`.
    """
    flags = _NEW_USER | _NEW_PIDS | _NEW_MOUNTS | _NEW_IPC | _CLONE_PIDFD | _SIGCHLD
    flags |= _NEW_NETWORK if network else 0
    descriptor = ctypes.c_int(-1)
    python = ctypes.pythonapi
    python.PyOS_BeforeFork()
    pid = _libc.syscall(
        ctypes.c_long(_SYSCALL_CLONE[os.uname().machine]),
        ctypes.c_ulong(flags),
        ctypes.c_void_p(None),
        ctypes.byref(descriptor),
        ctypes.c_void_p(None),
        ctypes.c_void_p(None),
    )
    if pid == 0:
        python.PyOS_AfterFork_Child()
        return 0, -1
    code = ctypes.get_errno()
    python.PyOS_AfterFork_Parent()
    if pid < 0:
        raise OSError(code, f"no new namespaces: {os.strerror(code)}")
    return int(pid), descriptor.value


def map_user(user: int, group: int) -> None:
    """Keep our ids inside a new user namespace; the only ones there are."""
    for name, text in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(text)


def become(user: int) -> None:
    """Stop being the superuser, for good."""
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)


def make_mounts_private() -> None:
    """Let no mount of ours be seen elsewhere."""
    _mount("none", "/", "", _RECURSIVE | _PRIVATE, "")


def raise_loopback() -> None:
    """Let a new network namespace reach itself; there is nothing else in it."""
    import fcntl
    import socket
    import struct

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, _SIOCSIFFLAGS, struct.pack("16sh22x", b"lo", _IFF_UP))


def bound_connections(size: int) -> None:
    """Let the buffers of TCP connections in this network namespace grow to `size` bytes at most."""
    for name in ("tcp_rmem", "tcp_wmem"):
        with open(f"/proc/sys/net/ipv4/{name}", "w", encoding="ascii") as file:
            file.write(f"4096 65536 {size}")


def mount_memory(place: str, size_mb: int, inodes: int) -> None:
    """An empty folder in memory, bounded in bytes and in files."""
    _mount("tmpfs", place, "tmpfs", _NO_SUID | _NO_DEVICES, f"size={size_mb}m,nr_inodes={inodes},mode=0755")


def mount_processes() -> None:
    """The `/proc` of this process namespace."""
    _mount("proc", "/proc", "proc", _NO_SUID | _NO_DEVICES | _NO_EXECUTION, "")


def set_dumpable(value: bool) -> None:
    """Whether processes of the same user may look into this one (`/proc/PID/mem`, descriptors, environment)."""
    _prctl(_PR_SET_DUMPABLE, int(value))


def drop_privileges() -> None:
    """Give up every capability for good, for this process and all it starts."""
    for capability in range(64):
        if _libc.prctl(_PR_CAPBSET_DROP, capability, 0, 0, 0) < 0:
            break
    _libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0)
    header = (ctypes.c_uint32 * 2)(_CAPABILITY_VERSION, 0)
    none = (ctypes.c_uint32 * 6)()
    if _libc.syscall(ctypes.c_long(_SYSCALL_CAPSET[os.uname().machine]), header, none) < 0:
        _fail("capset")
    _prctl(_PR_SET_NO_NEW_PRIVS, 1)


def load_filter(program: bytes) -> None:
    """Install a system call filter that nothing can take off again."""

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))

    described = Program(len(program) // 8, program)
    if _libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.byref(described), 0, 0) < 0:
        _fail("seccomp")


def _mount(source: str, target: str, kind: str, flags: int, data: str) -> None:
    texts = [text.encode() or None for text in (source, target, kind)]
    if _libc.mount(*texts, ctypes.c_ulong(flags), data.encode() or None) < 0:
        _fail(f"mount {target}")


def _prctl(option: int, value: int) -> None:
    if _libc.prctl(option, value, 0, 0, 0) < 0:
        _fail(f"prctl {option}")


def _fail(what: str) -> "NoReturn":
    code = ctypes.get_errno()
    raise OSError(code, f"{what}: {os.strerror(code)}")
