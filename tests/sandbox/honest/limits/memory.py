# grade: A-split
def fill(megabytes):
    block = bytearray(b"x") * (megabytes << 20)
    return len(block) >> 20
def many(count):
    return len({number: str(number) for number in range(count)})
# --- test_fill.py
from solution import fill, many
def test_fill():
    assert fill(300) == 300
def test_many():
    assert many(200_000) == 200_000
