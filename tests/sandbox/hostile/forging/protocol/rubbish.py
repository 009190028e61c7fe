# tries: frames that break the reader: bad JSON, deep nesting, huge numbers, bad lengths
import struct
import cheat
def frame(data):
    return struct.pack("!I", len(data)) + data
def total(numbers):
    kinds = [b"", b"null", b"[" * 100_000, b"[" + b"9" * 5_000_000 + b"]", b'{"a": ' * 5000, b"\xff\xfe", b"[NaN, Infinity, -1e999]", b'["ok"]', b'[[["ok", 6]]]']
    cheat.everywhere(frame(kinds[len(numbers) % len(kinds)]))
    return 41
def label(name):
    cheat.everywhere(struct.pack("!I", 0xFFFFFFFF))
    return "wrong"
def evens(numbers):
    cheat.everywhere(b"\0\0\0")
    return []
