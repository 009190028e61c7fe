# tries: to spend the processor in children that end one after another, each short
# outcomes: timeout
# limits: cpu_seconds=1 wall_seconds=10
# within: 8
import os, time
while True:
    child = os.fork()
    if not child:
        until = time.process_time() + 0.2
        while time.process_time() < until:
            pass
        os._exit(0)
    os.waitpid(child, 0)
