# tries: a chain of processes, each starting the next before it dies
# outcomes: passed timeout error
import os, time
import attack
attack.tried()
if os.fork() == 0:
    os.setsid()
    while True:
        if os.fork():
            os._exit(0)
        with open("/proc/self/comm", "w") as file:
            file.write("@MARK@")
        time.sleep(0.005)
