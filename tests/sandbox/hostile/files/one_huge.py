# tries: one file larger than the limit
# outcomes: passed error
# limits: wall_seconds=6
import signal
import attack
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
held = 0
try:
    with open("huge", "wb", buffering=0) as file:
        for _ in range(400):
            held += file.write(bytes(1 << 20))
except OSError as error:
    print("no", error)
print("GOT" if held > 17 << 20 else "held", held)
attack.tried()
