# tries: local sockets of the host: abstract, and by path
# outcomes: passed
import os, socket
import attack
def reach(address):
    with socket.socket(socket.AF_UNIX) as own:
        own.settimeout(0.5)
        own.connect(address)
    return True
usual = "/var/run/docker.sock /run/docker.sock /run/systemd/private /run/dbus/system_bus_socket /tmp/.X11-unix/X0"
for address in ("\0@ABSTRACT@", "@SOCKET@", *usual.split(), "/proc/1/root@SOCKET@"):
    attack.attempt(address, lambda: reach(address))
with open("/proc/net/unix") as file:
    names = [line.split()[-1] for line in file.read().splitlines()[1:] if "/" in line or "@" in line]
for name in names:
    attack.attempt(name, lambda: reach(name.replace("@", "\0", 1)))
attack.tried()
