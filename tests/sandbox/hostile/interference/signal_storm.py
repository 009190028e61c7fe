# tries: to keep the first process busy with signals
# outcomes: timeout passed error
import os
import attack
def storm(number):
    while True:
        for pid in (1, os.getppid()):
            try:
                os.kill(pid, 0 if number % 2 else 17)
                os.kill(pid, 10)
            except OSError:
                pass
attack.workers(4, storm)
storm(0)
