# tries: hard links and symlinks without end, in every writable folder
# outcomes: passed
# limits: wall_seconds=6
import os
import attack
made = 0
for folder in ("/work", "/tmp", "/dev/shm"):
    try:
        for number in range(10_000):
            os.symlink("x" * 2000, f"{folder}/s{number}")
            made += 1
    except OSError as error:
        print("no", folder, error)
print("GOT" if made > 13_000 else "made", made)
attack.tried()
