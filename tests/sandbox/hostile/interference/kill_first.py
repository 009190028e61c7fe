# tries: every signal to the sandbox's first process and to its parent
# outcomes: passed error
import os
import attack
for pid in {1, os.getppid()} - {os.getpid()}:
    for number in [19, 9, *range(1, 65)]:
        try:
            os.kill(pid, number)
        except OSError:
            pass
attack.tried()
