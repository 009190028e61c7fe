# tries: to fill the disk with files that each keep to the limit
# outcomes: passed error memory_limit
# limits: wall_seconds=6
import attack
held = 0
try:
    for number in range(100):
        with open(f"large{number}", "wb", buffering=0) as file:
            for _ in range(10):
                held += file.write(bytes(1 << 20))
except OSError as error:
    print("no", error)
print("GOT" if held > 70 << 20 else "held", held)
attack.tried()
