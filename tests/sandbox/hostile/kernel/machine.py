# tries: to reboot, swap, load modules or another kernel, account, set quotas
# outcomes: passed
import ctypes
import attack
attack.calls(
    ("reboot", 0xFEE1DEAD, 672274793, 0x89ABCDEF, 0), ("swapon", b"/work/attack.py", 0), ("acct", b"/work/attack.py"), ("init_module", b"x", 1, b""),
    ("finit_module", 0, b"", 0), ("delete_module", b"loop", 0), ("kexec_load", 0, 0, None, 0), ("kexec_file_load", 0, 0, 0, None, 0), ("iopl", 3), ("ioperm", 0, 8, 1), ("quotactl", 0, None, 0, None),
)
attack.tried()
