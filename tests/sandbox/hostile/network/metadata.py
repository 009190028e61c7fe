# tries: the metadata address of cloud machines, and usual gateways
# outcomes: passed
import socket, urllib.request
import attack
def reach(address):
    socket.create_connection((address, 80), timeout=0.3).close()
    return True
for address in ("169.254.169.254", "100.100.100.200", "fd00:ec2::254", "10.0.0.1", "172.17.0.1", "192.168.1.1", "10.0.2.2"):
    attack.attempt(address, lambda: reach(address))
attack.attempt("http", lambda: urllib.request.urlopen("http://169.254.169.254/latest/meta-data/", timeout=0.5).read())
attack.tried()
