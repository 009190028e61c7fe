# tries: to change limits, priority and place of the first process
# outcomes: passed
import os, resource
import attack
for pid in {1, os.getppid()} - {os.getpid()}:
    for name in ("RLIMIT_NOFILE", "RLIMIT_CPU", "RLIMIT_AS", "RLIMIT_NPROC"):
        attack.attempt((pid, name), lambda: resource.prlimit(pid, getattr(resource, name), (1, 1)) is not None)
    attack.attempt((pid, "affinity"), lambda: os.sched_setaffinity(pid, {0}) is None)
    attack.attempt((pid, "nice"), lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) is None)
    attack.attempt((pid, "idle"), lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) is None)
    attack.attempt((pid, "group"), lambda: os.setpgid(pid, 0) is None)
attack.tried()
