# tries: to be somebody else, or to have capabilities
# outcomes: passed
import os
import attack
with open("/proc/self/status") as file:
    status = dict(line.split(":\t", 1) for line in file.read().splitlines() if ":\t" in line)
for name in ("CapEff", "CapPrm", "CapInh", "CapAmb", "CapBnd"):
    print("GOT" if int(status[name], 16) else "no", name, status[name])
print("GOT" if status.get("NoNewPrivs") != "1" else "no", "new privileges")
print("GOT" if status.get("Seccomp") != "2" else "no", "no filter of system calls")
uid = os.getuid()
for other in {0, 1, 1000, 65534} - {uid}:
    attack.attempt(f"setuid {other}", lambda: os.setuid(other) is None)
    attack.attempt(f"setgid {other}", lambda: os.setgid(other) is None if os.getgid() != other else None)
attack.attempt("setgroups", lambda: os.setgroups([0]) is None)
attack.attempt("nice", lambda: os.nice(-5) is not None)
attack.attempt("real time", lambda: os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10)) is None)
attack.tried()
