# tries: to close its streams and write elsewhere
# outcomes: passed error
import os
print("TRIED", flush=True)
for place in (0, 1, 2):
    os.close(place)
for _ in range(3):
    os.open("/dev/null", os.O_RDWR)
print("into nothing")
