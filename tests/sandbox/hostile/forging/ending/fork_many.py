# tries: to have several copies of the process report, the last one wins
import os
import cheat
for _ in range(4):
    if os.fork() == 0:
        cheat.everywhere(cheat.report())
        break
