# tries: to leave System V memory, queues and semaphores for the next job
# outcomes: passed
# times: 12
import ctypes
import attack
KEY = 0x45535042
for name, extra in (("shmget", (4096,)), ("semget", (1,)), ("msgget", ())):
    call = getattr(attack.LIBC, name)
    if call(KEY, *extra, 0o600) >= 0:
        print("GOT", name)
    call(KEY, *extra, 0o1666)
attack.LIBC.mq_open.restype = ctypes.c_int
print("GOT" if attack.LIBC.mq_open(b"/espalier", 0o2) >= 0 else "no", "queue")
attack.LIBC.mq_open(b"/espalier", 0o102, 0o600, None)
attack.LIBC.sem_open.restype = ctypes.c_void_p
print("GOT" if attack.LIBC.sem_open(b"/espalier", 0) else "no", "semaphore")
attack.LIBC.sem_open(b"/espalier", 0o100, 0o600, 1)
attack.tried()
