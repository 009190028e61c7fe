# tries: to fork for ever
# outcomes: timeout error passed memory_limit
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
