# tries: to see or set up network devices
# outcomes: passed
import fcntl, socket, struct
import attack
own = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
for name in (b"eth0", b"ens3", b"wlan0", b"tun0", b"docker0"):
    attack.attempt(name, lambda: fcntl.ioctl(own, 0x8915, struct.pack("256s", name)))
attack.attempt("add address", lambda: fcntl.ioctl(own, 0x8916, struct.pack("256s", b"lo")))
attack.attempt("tun", lambda: open("/dev/net/tun", "rb+"))
with open("/proc/net/dev") as file:
    others = [line.split(":")[0].strip() for line in file.readlines()[2:]]
print("GOT" if set(others) - {"lo"} else "no", others)
attack.tried()
