# tries: shared memory that only children touched, which end: no process has it in its size
# outcomes: memory_limit error passed
# limits: memory_mb=256 wall_seconds=8
import mmap, os, time
import attack
kept, held = [], 0
def touch(block):
    for place in range(0, len(block), 4096):
        block[place] = 1
try:
    for _ in range(12):
        block = mmap.mmap(-1, 64 << 20)
        child = os.fork()
        if not child:
            touch(block)
            os._exit(0)
        held += os.waitpid(child, 0)[1] == 0
        kept.append(block)
except (OSError, MemoryError) as error:
    print("no", error)
time.sleep(0.5)
if held * 64 > 512:
    print("GOT", held * 64, "MiB that nobody counts")
attack.tried()
