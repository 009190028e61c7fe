# tries: four processes, each below the processor limit, together above it
# outcomes: timeout
# limits: cpu_seconds=2 wall_seconds=8
# within: 6
import os, time
for _ in range(3):
    if os.fork() == 0:
        break
until = time.process_time() + 1.9
while time.process_time() < until:
    pass
time.sleep(30)
