# tries: to fill it from many processes, each below its own limit
# outcomes: memory_limit
# limits: memory_mb=256 wall_seconds=8
import os, time
import attack
def hold(number):
    kept = bytearray(b"x") * (48 << 20)
    time.sleep(20)
attack.workers(20, hold)
time.sleep(20)
print("GOT 960 MiB")
