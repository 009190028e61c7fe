# tries: to hang in a way that a kill takes long: a write to a full pipe, a lock, vfork
# outcomes: timeout error
import ctypes, os
import attack
ends = os.pipe()
if os.fork() == 0:
    attack.LIBC.vfork() if not attack.ARM else None
    while True:
        pass
os.write(ends[1], bytes(1 << 20))
