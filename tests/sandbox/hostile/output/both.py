# tries: to flood both at once from many threads, as binary
# outcomes: output_limit
import os, threading
def flood(place):
    while True:
        os.write(place, os.urandom(65536).replace(b"G", b"g"))  # by chance it says what a leak would
for place in (1, 2, 1, 2):
    threading.Thread(target=flood, args=(place,)).start()
