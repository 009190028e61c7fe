# tries: to leave a program running, started in a new session
# outcomes: passed
import subprocess, sys
import attack
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)", "@MARK@"], start_new_session=True, stdin=-3, stdout=-3, stderr=-3)
attack.tried()
