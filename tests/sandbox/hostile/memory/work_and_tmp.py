# tries: to fill the memory through every folder that can be written
# outcomes: memory_limit error passed
# limits: wall_seconds=8
import os
import attack
held = 0
for folder in ("/work", "/tmp", "/dev", "/run", "/var/tmp", "/dev/shm", "/dev/mqueue", "/home", "/"):
    try:
        for number in range(40):
            with open(f"{folder}/{number}", "wb") as file:
                for _ in range(12):
                    held += os.write(file.fileno(), bytes(1 << 20))
    except OSError as error:
        print("no", folder, error)
if held > 300 << 20:
    print("GOT", held)
attack.tried()
