# tries: to stop itself, so that no timer of its own runs out
# outcomes: timeout
import os, signal
os.kill(os.getpid(), signal.SIGSTOP)
while True:
    pass
