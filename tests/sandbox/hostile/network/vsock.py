# tries: the hypervisor, which no network namespace holds back
# outcomes: passed
import socket
import attack
def reach(place, port):
    own = socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM)
    own.settimeout(0.5)
    own.connect((place, port))
    return True
attack.attempt("socket", lambda: socket.socket(socket.AF_VSOCK, socket.SOCK_STREAM))
for place, port in ((2, 22), (2, 1024), (1, 1024), (0, 1024), (2, 52)):
    attack.attempt((place, port), lambda: reach(place, port))
attack.attempt("/dev/vsock", lambda: open("/dev/vsock"))
attack.tried()
