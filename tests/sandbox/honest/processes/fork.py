# grade: A-split
import os
def child_code(code):
    child = os.fork()
    if not child:
        os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
# --- test_child.py
from solution import child_code
def test_code():
    assert child_code(7) == 7
def test_zero():
    assert child_code(0) == 0
