# tries: to leave a child that holds the output open, so that the reader waits
# outcomes: passed timeout
# within: 5
import os, time
import attack
attack.tried()
if os.fork() == 0:
    with open("/proc/self/comm", "w") as file:
        file.write("@MARK@")
    while True:
        time.sleep(0.2)
        print("still here", flush=True)
