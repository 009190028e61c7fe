import asyncio
class Counter:
    def __init__(self):
        self.value = 0
    async def add(self, number):
        await asyncio.sleep(0)
        self.value += number
        return self.value
# --- test_counter.py
import asyncio, unittest
from solution import Counter
class CounterTest(unittest.IsolatedAsyncioTestCase):
    async def test_add(self):
        counter = Counter()
        await asyncio.gather(counter.add(1), counter.add(2))
        self.assertEqual(counter.value, 3)
def test_run():
    counter = Counter()
    assert asyncio.run(counter.add(4)) == 4
