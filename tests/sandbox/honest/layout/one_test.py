# grade: A-split
def greet(name="world"):
    return f"Hello, {name}!"
# --- test_greet.py
from solution import greet
def test_greet():
    assert greet() == "Hello, world!"
    assert greet("Ada") == "Hello, Ada!"
