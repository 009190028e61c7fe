# tries: to write the flood at exit, when nobody watches any more
# outcomes: output_limit
import atexit, os
def flood():
    for _ in range(1000):
        os.write(1, b"late" * 16384)
atexit.register(flood)
