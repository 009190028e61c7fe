# tries: devices other than the harmless ones
# outcomes: passed
import os, stat
import attack
HARMLESS = {"null", "zero", "full", "random", "urandom", "tty", "ptmx"}
for name in os.listdir("/dev"):
    kind = os.lstat(f"/dev/{name}").st_mode
    if (stat.S_ISCHR(kind) or stat.S_ISBLK(kind)) and name not in HARMLESS:
        print("GOT", name)
for number, path in (((1, 1), "mem"), ((8, 0), "disk"), ((10, 200), "tun"), ((10, 229), "fuse"), ((5, 1), "console")):
    attack.attempt(f"mknod {path}", lambda: os.mknod(f"/tmp/{path}", 0o600 | stat.S_IFCHR, os.makedev(*number)) is None)
for path in ("/dev/fuse", "/dev/kvm", "/dev/sda", "/dev/vda", "/dev/loop-control", "/dev/tty", "/dev/console", "/dev/dri", "/dev/nvidia0", "/dev/userfaultfd"):
    attack.attempt(path, lambda: open(path, "rb"))
attack.tried()
