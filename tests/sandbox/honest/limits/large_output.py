# grade: A-split
import logging, sys, warnings
def noisy(lines):
    for line in range(lines):
        print(f"line {line} of {lines}: ünïcödé")
    print("FAILED Traceback (most recent call last):", file=sys.stderr)
    logging.warning("careful")
    logging.getLogger("x").error("an error")
    warnings.warn("deprecated", DeprecationWarning, stacklevel=2)
    return lines
# --- test_noisy.py
from solution import noisy
def test_noisy():
    assert noisy(4000) == 4000
def test_quiet():
    assert noisy(0) == 0
