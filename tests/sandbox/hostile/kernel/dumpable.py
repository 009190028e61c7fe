# tries: to become traceable or to trace its own family
# outcomes: passed
import os, time
import attack
child = os.fork()
if not child:
    time.sleep(1)
    os._exit(0)
attack.calls(("ptrace", 16, child, 0, 0), ("ptrace", 0, 0, 0, 0))
attack.tried()
