# tries: servers on the loopback of the host, by every name it has
# outcomes: passed
import socket
import attack
def reach(address):
    socket.create_connection((address, @PORT@), timeout=0.3).close()
    return True
for address in ("127.0.0.1", "localhost", "0.0.0.0", "127.1.2.3", "::1", "::ffff:127.0.0.1", socket.gethostname()):
    attack.attempt(address, lambda: reach(address))
def send(address):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.sendto(b"hello from the job", (address, @UDP@))
attack.attempt("udp", lambda: send("127.0.0.1"))
attack.tried()
