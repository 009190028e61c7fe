# tries: memory of the kernel: unread bytes in pairs of local sockets
# outcomes: memory_limit error passed timeout
# limits: wall_seconds=6 memory_mb=256
import os, socket, time
import attack
def fill(number):
    held, kept = 0, []
    try:
        while True:
            pair = socket.socketpair()
            kept.append(pair)
            for end in pair:
                end.setblocking(False)
                end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
                try:
                    while True:
                        held += end.send(bytes(1 << 16))
                except BlockingIOError:
                    pass
    except OSError:
        pass
    with open(f"held{number}", "w") as file:
        file.write(str(held))
    time.sleep(2)
attack.workers(20, fill)
time.sleep(1.8)
held = sum(int(open(name).read() or 0) for name in os.listdir(".") if name.startswith("held"))
print("GOT" if held > 512 << 20 else "held", held >> 20, "MiB")
attack.tried()
