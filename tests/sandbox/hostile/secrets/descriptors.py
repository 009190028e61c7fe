# tries: to use descriptors it was not meant to have
# outcomes: passed
import os, stat
import attack
for name in sorted(os.listdir("/proc/self/fd"), key=int):
    try:
        where = os.readlink(f"/proc/self/fd/{name}")
        kind = os.fstat(int(name)).st_mode
    except OSError:
        continue
    print("have", name, where)
    if int(name) > 2 and not where.startswith(("/proc/", "pipe:", "socket:")):
        print("GOT", name, where)
    if stat.S_ISDIR(kind) and not where.startswith(("/proc", "/work")):
        attack.attempt("up", lambda: os.open("../../../..@TMP_SECRET@", os.O_RDONLY, dir_fd=int(name)))
attack.tried()
