# tries: children that the first process takes for its own
# outcomes: passed error
import ctypes, os, time
import attack
def clone(flags):
    child = attack.syscall("clone", flags | 17, 0, 0, 0, 0)
    if child == 0:
        os._exit(0)
    return child
print("clone", [clone(0x8000) for _ in range(5)])
time.sleep(0.2)
attack.tried()
