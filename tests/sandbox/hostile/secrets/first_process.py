# tries: memory, files and descriptors of the sandbox's own processes
# outcomes: passed
import os
import attack
pids = sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
for pid in pids:
    if pid == os.getpid():
        continue
    for name in ("environ", "mem", "maps", "fd", "map_files", "auxv", "io", "stack", "syscall", "pagemap", "root", "cwd", "exe"):
        path = f"/proc/{pid}/{name}"
        look = os.readlink if name in ("root", "cwd", "exe") else os.listdir if name in ("fd", "map_files") else attack.read
        attack.attempt(path, lambda: look(path))
attack.tried()
