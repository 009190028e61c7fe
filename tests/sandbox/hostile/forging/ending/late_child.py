# tries: a child that holds the channels and reports after the parent has failed
import os, time
import cheat
if os.fork() == 0:
    os.setsid()
    until = time.monotonic() + 2
    while time.monotonic() < until:
        cheat.everywhere(cheat.report())
        time.sleep(0.001)
    os._exit(0)
