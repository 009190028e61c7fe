# tries: to answer so slowly that it never ends
import os, time
import cheat
def total(numbers):
    cheat.everywhere(b"\0\xff\xff\xff")
    while True:
        cheat.everywhere(b" ")
        time.sleep(0.01)
label = evens = halve = total
