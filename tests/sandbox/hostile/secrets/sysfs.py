# tries: the control files of the kernel and of control groups
# outcomes: passed
import glob
import attack
def write(path):
    with open(path, "w") as file:
        file.write("1")
    return True
for path in ("/proc/sys/kernel/core_pattern", "/proc/sys/kernel/modprobe", "/proc/sys/vm/overcommit_memory", "/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/proc/sys/kernel/shmmax", "/proc/sys/net/ipv4/ip_forward", "/proc/sys/fs/binfmt_misc/register", "/sys/kernel/uevent_helper", "/proc/1/oom_score_adj", "/proc/1/uid_map", "/proc/self/uid_map", "/proc/self/setgroups", "/proc/self/attr/current", "/proc/self/loginuid"):
    attack.attempt(path, lambda: write(path))
for path in glob.glob("/sys/fs/cgroup/*")[:20] + glob.glob("/proc/sys/**", recursive=True)[:2000]:
    try:
        with open(path, "r+b", buffering=0) as file:
            file.write(b"1")
    except OSError:
        continue
    print("GOT", path)
attack.attempt("/sys", lambda: glob.glob("/sys/*") or None)
attack.tried()
