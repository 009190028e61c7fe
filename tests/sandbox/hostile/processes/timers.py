# tries: to pile up timers and pending signals in the kernel
# outcomes: passed error
import ctypes, os, signal
import attack
made = 0
place = ctypes.c_void_p()
for _ in range(500_000):
    if attack.LIBC.timer_create(1, None, ctypes.byref(place)):
        break
    made += 1
signal.pthread_sigmask(signal.SIG_BLOCK, range(34, 65))
queued = 0
for _ in range(500_000):
    if attack.LIBC.sigqueue(os.getpid(), 40, ctypes.c_void_p(1)):
        break
    queued += 1
print("GOT" if max(made, queued) > 200_000 else "made", made, queued)
attack.tried()
