# grade: A-split
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
def double(number):
    return 2 * number
def in_threads(numbers):
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(double, number) for number in numbers]
        return sorted(future.result() for future in as_completed(futures))
def in_processes(numbers):
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(double, numbers))
# --- test_double.py
import unittest
from solution import in_processes, in_threads
class Doubles(unittest.TestCase):
    def test_threads(self):
        self.assertEqual(in_threads([3, 1, 2]), [2, 4, 6])
    def test_processes(self):
        self.assertEqual(in_processes([1, 2]), [2, 4])
