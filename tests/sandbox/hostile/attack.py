"""What the hostile programs share: calls to the kernel that Python has no name for, and a record of what worked.

It is given to every program that is to be contained. "GOT" in a program's output means that an attack worked.
"""

import ctypes
import os
import platform
import resource
import sys

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.syscall.restype = ctypes.c_long
ARM = platform.machine() == "aarch64"
NUMBERS = {
    "clone": (56, 220), "ptrace": (101, 117), "syslog": (103, 116), "personality": (135, 92),
    "pivot_root": (155, 41), "adjtimex": (159, 171), "chroot": (161, 51), "acct": (163, 89),
    "settimeofday": (164, 170), "mount": (165, 40), "umount2": (166, 39), "swapon": (167, 224),
    "reboot": (169, 142), "sethostname": (170, 161), "setdomainname": (171, 162), "iopl": (172, -1),
    "ioperm": (173, -1), "init_module": (175, 105), "delete_module": (176, 106), "quotactl": (179, 60),
    "clock_settime": (227, 112), "kexec_load": (246, 104), "add_key": (248, 217), "request_key": (249, 218),
    "keyctl": (250, 219), "unshare": (272, 97), "move_pages": (279, 239), "perf_event_open": (298, 241),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "setns": (308, 268),
    "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "finit_module": (313, 273), "seccomp": (317, 277), "memfd_create": (319, 279), "kexec_file_load": (320, 294),
    "bpf": (321, 280), "userfaultfd": (323, 282), "pidfd_send_signal": (424, 424), "io_uring_setup": (425, 425),
    "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430), "fsmount": (432, 432),
    "fspick": (433, 433), "pidfd_open": (434, 434), "clone3": (435, 435), "pidfd_getfd": (438, 438),
    "process_madvise": (440, 440), "mount_setattr": (442, 442), "memfd_secret": (447, 447),
}  # fmt: skip


def syscall(name, *arguments):
    """The call's result, or minus its error number."""
    number = NUMBERS[name][ARM]
    if number < 0:
        return -38
    given = [ctypes.c_long(value) if isinstance(value, int) else value for value in arguments]
    result = LIBC.syscall(ctypes.c_long(number), *given)
    return -ctypes.get_errno() if result == -1 else result


def apart(work):
    """Do `work` in a child, so that a call that kills costs only the child."""
    sys.stdout.flush()
    child = os.fork()
    if not child:
        try:
            work()
        except BaseException as error:
            print("no:", type(error).__name__, error)
        finally:
            sys.stdout.flush()
            os._exit(0)
    os.waitpid(child, 0)


def calls(*wanted):
    """Try calls, each `(name, arguments...)` in a child of its own; none may succeed."""
    def one(name, arguments):
        result = syscall(name, *arguments)
        print("GOT" if result >= 0 else "no", name, result)
    for name, *arguments in wanted:
        apart(lambda: one(name, arguments))


def attempt(what, work):
    """Do `work`; if it comes back with anything but None or False, the attack worked."""
    try:
        result = work()
    except (Exception, SystemExit) as error:
        print("no", what, type(error).__name__, str(error)[:100])
        return
    print("no" if result is None or result is False else "GOT", what, repr(result)[:300])


def read(path):
    """The beginning of a file."""
    with open(path, "rb") as file:
        return file.read(4096)


def workers(count, work):
    """Start `count` children that do `work(number)`; as many as can be had. Their ids."""
    children = []
    for number in range(count):
        try:
            child = os.fork()
        except OSError:
            break
        if not child:
            try:
                work(number)
            finally:
                os._exit(0)
        children.append(child)
    return children


def most_address_space():
    return resource.getrlimit(resource.RLIMIT_AS)[0]


def tried():
    """The program came to its end: what it wanted to try was tried."""
    print("TRIED", flush=True)
