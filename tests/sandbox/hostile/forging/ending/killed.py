# tries: to be killed, as if by a limit
import os
def total(numbers):
    os.kill(os.getpid(), 9)
label = evens = halve = total
