# tries: to leave the tests to a child, while the parent ends with a good report
import os
import cheat
if os.fork():
    cheat.everywhere(cheat.report())
    os._exit(0)
