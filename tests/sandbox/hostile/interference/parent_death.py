# tries: to make the first process reap children without end
# outcomes: timeout passed error
import os
print("TRIED", flush=True)
while True:
    try:
        if os.fork() == 0:
            if os.fork() == 0:
                os._exit(0)
            os._exit(0)
        os.wait()
    except OSError:
        pass
