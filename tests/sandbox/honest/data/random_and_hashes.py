# grade: A-split
import hashlib, random, uuid
def draw(seed, count):
    chance = random.Random(seed)
    return [chance.randint(1, 6) for _ in range(count)]
def seeded(seed):
    random.seed(seed)
    return random.random()
def digest(text):
    return hashlib.sha256(text.encode()).hexdigest()[:8]
def identity(name):
    return str(uuid.uuid5(uuid.NAMESPACE_DNS, name))
def fresh():
    return str(uuid.uuid4())
# --- test_random.py
from solution import digest, draw, fresh, identity, seeded
def test_draw():
    assert draw(1, 5) == draw(1, 5)
    assert all(1 <= number <= 6 for number in draw(2, 100))
def test_seeded():
    assert seeded(42) == 0.6394267984578837
def test_digest():
    assert digest("a") == "ca978112"
def test_identity():
    assert identity("example.org") == "aad03681-8b63-5304-89e0-8ca8f49461b5"
def test_fresh():
    assert fresh() != fresh()
    assert len(fresh()) == 36
