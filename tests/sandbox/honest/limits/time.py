# grade: A-split
import time
def waited(seconds):
    start = time.perf_counter()
    time.sleep(seconds)
    return time.perf_counter() - start
def stamped():
    return time.strftime("%Y") >= "2024"
# --- test_time.py
from solution import stamped, waited
def test_waited():
    assert 0.3 <= waited(0.3) < 2
def test_stamped():
    assert stamped()
