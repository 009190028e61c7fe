# tries: TCP to addresses outside, by number and by name
# outcomes: passed
import socket
import attack
def reach(address):
    socket.create_connection(address, timeout=1).close()
    return True
for address in (("1.1.1.1", 443), ("8.8.8.8", 53), ("pypi.org", 443), ("2606:4700:4700::1111", 443)):
    attack.attempt(address, lambda: reach(address))
attack.tried()
