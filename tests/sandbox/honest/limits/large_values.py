# grade: A-split
def numbers(count):
    return list(range(count))
def text(size):
    return "ab" * size
def nested(depth):
    value = []
    for _ in range(depth):
        value = [value]
    return value
def primes(most):
    sieve = bytearray([1]) * (most + 1)
    sieve[:2] = b"\0\0"
    for number in range(2, int(most**0.5) + 1):
        if sieve[number]:
            sieve[number * number :: number] = bytes(len(range(number * number, most + 1, number)))
    return sum(sieve)
# --- test_large.py
from solution import nested, numbers, primes, text
def test_numbers():
    assert numbers(100_000) == list(range(100_000))
def test_text():
    assert len(text(500_000)) == 1_000_000
def test_nested():
    assert nested(30)[0] == nested(29)
def test_primes():
    assert primes(1_000_000) == 78498
