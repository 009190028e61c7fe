# tries: more processes than the limit
# outcomes: passed
import os, signal, time
import attack
children = attack.workers(500, lambda number: time.sleep(5))
print("GOT" if len(children) > 40 else "started", len(children))
for child in children:
    os.kill(child, signal.SIGKILL)
attack.tried()
