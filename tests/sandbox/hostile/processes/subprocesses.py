# tries: programs started by vfork and exec, without end
# outcomes: timeout error passed memory_limit
import subprocess, sys, time
kept = []
while True:
    try:
        kept.append(subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"]))
    except OSError:
        time.sleep(0.01)
