# tries: what another job that runs now holds: files, shared memory, processes
# outcomes: passed
import glob, os, time
import attack
until = time.monotonic() + 1
while time.monotonic() < until:
    for path in ("/work/neighbour.txt", "/tmp/neighbour.txt", "/dev/shm/neighbour", "/dev/shm/psm_neighbour"):
        try:
            print("GOT", attack.read(path))
        except OSError:
            pass
    for path in glob.glob("/proc/[0-9]*/cmdline"):
        try:
            if b"neighbour-runs" in attack.read(path):
                print("GOT", path)
        except OSError:
            pass
    if attack.LIBC.shmget(0x45535041, 0, 0) >= 0:
        print("GOT the neighbour's shared memory")
    time.sleep(0.05)
attack.tried()
