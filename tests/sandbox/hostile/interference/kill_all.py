# tries: to kill or stop everything it can see
# outcomes: error timeout passed
import os, signal
print("TRIED", flush=True)
for number in (signal.SIGSTOP, signal.SIGTERM, signal.SIGKILL):
    try:
        os.kill(-1, number)
        os.killpg(0, number)
    except OSError:
        pass
