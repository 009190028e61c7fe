# tries: more threads than the limit
# outcomes: passed
import threading, time
import attack
started = 0
try:
    for _ in range(2000):
        threading.Thread(target=time.sleep, args=(2,), daemon=True).start()
        started += 1
except RuntimeError as error:
    print("no", error)
print("GOT" if started > 40 else "started", started)
attack.tried()
