# grade: A-split
from multiprocessing import shared_memory
def round_trip(data):
    block = shared_memory.SharedMemory(create=True, size=len(data))
    try:
        block.buf[: len(data)] = data
        other = shared_memory.SharedMemory(name=block.name)
        found = bytes(other.buf[: len(data)])
        other.close()
        return found
    finally:
        block.close()
        block.unlink()
# --- test_round_trip.py
from solution import round_trip
def test_round_trip():
    assert round_trip(b"hello") == b"hello"
def test_binary():
    assert round_trip(b"\x00\xff" * 1000) == b"\x00\xff" * 1000
