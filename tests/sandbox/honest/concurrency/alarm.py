# grade: A-split
import signal, time
class TooLong(Exception):
    pass
def limited(seconds, limit):
    def stop(number, frame):
        raise TooLong(f"{seconds} s")
    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, limit)
    try:
        time.sleep(seconds)
        return "done"
    except TooLong:
        return "stopped"
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
# --- test_limited.py
from solution import limited
def test_in_time():
    assert limited(0.01, 1) == "done"
def test_too_long():
    assert limited(2, 0.05) == "stopped"
