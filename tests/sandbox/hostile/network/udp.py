# tries: UDP and DNS by hand, which needs no connection
# outcomes: passed
import socket
import attack
QUESTION = b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x04pypi\x03org\x00\x00\x01\x00\x01"
def ask(address):
    family = socket.AF_INET6 if ":" in address[0] else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as own:
        own.settimeout(0.3)
        own.sendto(QUESTION, address)
        return own.recv(512)
for address in (("8.8.8.8", 53), ("127.0.0.53", 53), ("169.254.169.253", 53), ("255.255.255.255", 53), ("ff02::1", 53)):
    attack.attempt(address, lambda: ask(address))
attack.attempt("name", lambda: socket.gethostbyname("example.com"))
attack.tried()
