# tries: to flood every socket it was given with rubbish until something breaks
# outcomes: passed error timeout tampered output_limit
import os, socket
import attack
attack.tried()
for place in range(3, 64):
    try:
        with socket.socket(fileno=os.dup(place)) as own:
            own.settimeout(0.2)
            for _ in range(100):
                own.sendall(b"\x00\x10\x00\x00" + bytes(1 << 20))
    except OSError:
        pass
