# tries: not to answer, and to leave a child that holds the link
import os, time
def total(numbers):
    if os.fork() == 0:
        time.sleep(60)
    os._exit(0)
label = evens = halve = total
