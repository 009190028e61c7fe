# tries: files in memory that no file system limits
# outcomes: memory_limit error passed
# limits: memory_mb=256 wall_seconds=6
import os
import attack
held, kept = 0, []
try:
    for number in range(40):
        place = os.memfd_create(f"m{number}")
        kept.append(place)
        for _ in range(16):
            held += os.write(place, bytes(1 << 20))
except OSError as error:
    print("no", error)
if held > 512 << 20:
    print("GOT", held)
attack.tried()
