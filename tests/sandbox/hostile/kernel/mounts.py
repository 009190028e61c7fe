# tries: to mount by the old and the new calls
# outcomes: passed
import os
import attack
os.makedirs("/work/m", exist_ok=True)
attack.calls(
    ("mount", b"proc", b"/work/m", b"proc", 0, None), ("mount", b"tmpfs", b"/work/m", b"tmpfs", 0, None),
    ("mount", b"/", b"/work/m", None, 4096, None), ("mount", b"o", b"/work/m", b"overlay", 0, b"lowerdir=/usr,upperdir=/work,workdir=/work/m"),
    ("mount", b"sysfs", b"/work/m", b"sysfs", 0, None), ("mount", b"cgroup2", b"/work/m", b"cgroup2", 0, None),
    ("mount", b"f", b"/work/m", b"fuse", 0, b"fd=3,rootmode=40000,user_id=0,group_id=0"),
    ("fsopen", b"tmpfs", 0), ("fspick", -100, b"/", 0), ("open_tree", -100, b"/", 1), ("fsmount", 3, 0, 0), ("move_mount", 3, b"", -100, b"/work/m", 4),
    ("pivot_root", b"/work", b"/work/m"), ("umount2", b"/", 2), ("umount2", b"/tmp", 2),
)
attack.tried()
