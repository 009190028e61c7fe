# tries: the log, the symbols and the memory of the kernel
# outcomes: passed
import ctypes
import attack
buffer = ctypes.create_string_buffer(4096)
attack.calls(("syslog", 3, buffer, 4096), ("syslog", 2, buffer, 4096), ("syslog", 5, None, 0))
for path in ("/dev/kmsg", "/proc/kmsg", "/proc/kcore", "/dev/mem", "/dev/kmem", "/dev/port", "/proc/vmcore", "/sys/kernel/debug", "/proc/sched_debug", "/proc/timer_list", "/proc/slabinfo"):
    attack.attempt(path, lambda: attack.read(path))
with open("/proc/kallsyms") as file:
    line = file.readline()
print("GOT" if line and int(line.split()[0], 16) else "no", "kallsyms")
attack.tried()
