# tries: processes that fork and end at once, faster than they can be counted
# outcomes: timeout error passed tampered
import os
os.setsid() if os.getpid() != os.getpgrp() else None
while True:
    try:
        if os.fork():
            os._exit(0)
    except OSError:
        pass
