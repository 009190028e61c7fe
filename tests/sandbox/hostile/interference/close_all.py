# tries: to close every descriptor it has
# outcomes: passed error
import os
print("TRIED", flush=True)
os.closerange(0, 4096)
