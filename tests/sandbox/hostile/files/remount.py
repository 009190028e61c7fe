# tries: to make the read-only runtime writable again
# outcomes: passed
import ctypes, os
import attack
for place in (b"/", b"/usr", os.path.dirname(os.__file__).encode(), b"/dev", b"/proc"):
    attack.calls(("mount", None, place, None, 32, None), ("mount", b"none", place, None, 32 | 4096, None))
attack.calls(("mount_setattr", -100, b"/", 0, bytes(32), 32))
attack.calls(("umount2", b"/proc", 2), ("umount2", b"/work", 2), ("umount2", b"/usr", 2))
attack.calls(("mount", b"tmpfs", b"/work", b"tmpfs", 0, None), ("mount", b"/work", b"/tmp", None, 4096, None))
attack.tried()
