# tries: memory of the kernel: full pipes in many processes
# outcomes: memory_limit error passed output_limit
# limits: wall_seconds=6 memory_mb=256
import fcntl, os, time
import attack
def fill(number):
    held = 0
    try:
        while True:
            ends = os.pipe()
            os.set_blocking(ends[1], False)
            for size in (1 << 20, 1 << 18, 1 << 16):
                try:
                    fcntl.fcntl(ends[1], 1031, size)
                    break
                except OSError:
                    pass
            try:
                while True:
                    held += os.write(ends[1], bytes(1 << 16))
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
