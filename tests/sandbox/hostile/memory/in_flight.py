# tries: to keep files open that no process holds: sent over a socket, never received
# outcomes: passed error memory_limit
# limits: wall_seconds=6
import array, os, socket
import attack
sent = 0
try:
    for _ in range(50):
        left, right = socket.socketpair()
        for _ in range(40):
            place = os.open("/dev/null", os.O_RDONLY)
            left.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [place] * 250))])
            os.close(place)
            sent += 250
except OSError as error:
    print("no", error)
if sent > 40_000:
    print("GOT", sent)
attack.tried()
