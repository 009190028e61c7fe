# tries: to go on after the end in a thread and at exit
# outcomes: passed timeout
import atexit, os, threading, time
import attack
attack.tried()
def later():
    time.sleep(0.5)
    os.execv("/bin/sleep", ["@MARK@", "600"])
atexit.register(lambda: os.fork() or later())
