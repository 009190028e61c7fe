# tries: to stop its family, and to end it by its process group
# outcomes: error timeout passed
import os, signal
print("TRIED", flush=True)
os.kill(os.getppid(), signal.SIGSTOP)
os.kill(0, signal.SIGSTOP)
