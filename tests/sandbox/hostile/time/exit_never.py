# tries: to hang at exit, after a clean end
# outcomes: timeout
import atexit, time
atexit.register(time.sleep, 3600)
