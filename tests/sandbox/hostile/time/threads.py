# tries: to use the processor in many threads that end never
# outcomes: timeout
import hashlib, threading
def burn():
    block = bytes(1 << 20)
    while True:
        hashlib.sha256(block).digest()
for _ in range(8):
    threading.Thread(target=burn).start()
