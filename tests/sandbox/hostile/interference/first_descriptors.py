# tries: to write into the first process's channels by /proc
# outcomes: passed
import glob, os
import attack
for path in glob.glob("/proc/1/fd/*") + [f"/proc/1/fd/{number}" for number in range(32)] + [f"/proc/{os.getppid()}/fd/{number}" for number in range(32)]:
    if not path.startswith("/proc/%d/" % os.getpid()):
        attack.attempt(path, lambda: os.open(path, os.O_WRONLY | os.O_NONBLOCK))
attack.tried()
