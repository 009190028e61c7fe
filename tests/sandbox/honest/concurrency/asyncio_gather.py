# grade: A-split
import asyncio
async def wait(number):
    await asyncio.sleep(0.01 * (3 - number))
    return number
async def gathered(numbers):
    return await asyncio.gather(*(wait(number) for number in numbers))
def run(numbers):
    return asyncio.run(gathered(numbers))
# --- test_run.py
from solution import run
def test_order():
    assert run([1, 2, 0]) == [1, 2, 0]
def test_empty():
    assert run([]) == []
