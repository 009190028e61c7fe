# tries: every socket family there is, but the two that honest programs use
# outcomes: passed
import socket
import attack
ORDINARY = {1, 2, 10}
for family in range(50):
    if family in ORDINARY:
        continue
    for kind in (1, 2, 3, 5):
        for protocol in (0, 1, 15, 16):
            try:
                own = socket.socket(family, kind, protocol)
            except OSError:
                continue
            print("GOT family", family, kind, protocol)
            own.close()
attack.tried()
