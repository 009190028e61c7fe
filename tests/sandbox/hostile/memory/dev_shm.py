# tries: to fill the memory through /dev/shm
# outcomes: memory_limit error passed
# limits: wall_seconds=6
import attack
held = 0
try:
    for number in range(100):
        with open(f"/dev/shm/{number}", "wb") as file:
            for _ in range(8):
                held += file.write(bytes(1 << 20))
                file.flush()
except OSError as error:
    print("no", error)
if held > 16 << 20:
    print("GOT", held)
attack.tried()
