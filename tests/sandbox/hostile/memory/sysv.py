# tries: System V shared memory, touched and detached, so that it belongs to nobody
# outcomes: memory_limit error passed
# limits: memory_mb=256 wall_seconds=6
import ctypes
import attack
attack.LIBC.shmat.restype = ctypes.c_void_p
held = 0
for _ in range(12):
    place = attack.LIBC.shmget(0, 64 << 20, 0o1600)
    if place < 0:
        break
    address = attack.LIBC.shmat(place, None, 0)
    if address in (None, ctypes.c_void_p(-1).value):
        break
    ctypes.memset(address, 1, 64 << 20)
    attack.LIBC.shmdt(ctypes.c_void_p(address))
    held += 64
if held > 512:
    print("GOT", held)
attack.tried()
