# tries: to attach to the sandbox's processes
# outcomes: passed
import ctypes, os
import attack
buffer = ctypes.create_string_buffer(64)
class Piece(ctypes.Structure):
    _fields_ = [("base", ctypes.c_void_p), ("size", ctypes.c_size_t)]
mine, other = Piece(ctypes.addressof(buffer), 64), Piece(0x400000, 64)
for pid in {1, 2, os.getppid()} - {os.getpid()}:
    attack.calls(
        ("ptrace", 16, pid, 0, 0), ("ptrace", 0x4206, pid, 0, 0),
        ("process_vm_readv", pid, ctypes.byref(mine), 1, ctypes.byref(other), 1, 0),
        ("process_vm_writev", pid, ctypes.byref(mine), 1, ctypes.byref(other), 1, 0),
        ("kcmp", pid, os.getpid(), 0, 1, 1),
    )
    pidfd = attack.syscall("pidfd_open", pid, 0)
    if pidfd >= 0:
        for number in range(8):
            attack.calls(("pidfd_getfd", pidfd, number, 0))
        attack.calls(("process_madvise", pidfd, ctypes.byref(other), 1, 21, 0), ("setns", pidfd, 0x20000000))
attack.tried()
