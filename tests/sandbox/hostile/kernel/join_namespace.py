# tries: to enter the namespaces of the sandbox's first process
# outcomes: passed
import os
import attack
for pid in (1, os.getppid()):
    for name in ("user", "mnt", "pid", "net", "ipc", "uts"):
        def join(path=f"/proc/{pid}/ns/{name}"):
            return attack.syscall("setns", os.open(path, os.O_RDONLY), 0) >= 0
        attack.attempt((pid, name), join)
attack.tried()
