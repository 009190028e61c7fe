# tries: more open files than the limit, in all processes
# outcomes: passed
import os
import attack
kept = []
try:
    while len(kept) < 5000:
        kept.append(os.open("/dev/null", os.O_RDONLY))
except OSError as error:
    print("no", error)
print("GOT" if len(kept) > 200 else "opened", len(kept))
attack.tried()
