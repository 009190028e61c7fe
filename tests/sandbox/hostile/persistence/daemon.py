# tries: to outlive the run by a double fork and a new session, deaf to signals
# outcomes: passed
import os, signal, time
import attack
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        for number in range(1, 65):
            try:
                signal.signal(number, signal.SIG_IGN)
            except (OSError, ValueError):
                pass
        with open("/proc/self/comm", "w") as file:
            file.write("@MARK@")
        for place in range(3):
            os.close(place)
        time.sleep(600)
    os._exit(0)
time.sleep(0.2)
attack.tried()
