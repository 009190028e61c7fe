# grade: A-split
import multiprocessing
def produce(queue, lock, count):
    for number in range(count):
        with lock:
            queue.put(number)
    queue.put(None)
def total(count):
    queue, lock = multiprocessing.Queue(), multiprocessing.Lock()
    worker = multiprocessing.Process(target=produce, args=(queue, lock, count))
    worker.start()
    found = 0
    while (number := queue.get(timeout=5)) is not None:
        found += number
    worker.join()
    return found
def counted(count):
    value = multiprocessing.Value("i", 0)
    def work():
        with value.get_lock():
            value.value += 1
    workers = [multiprocessing.Process(target=work) for _ in range(count)]
    [worker.start() for worker in workers]
    [worker.join() for worker in workers]
    return value.value
# --- test_total.py
from solution import counted, total
def test_total():
    assert total(5) == 10
def test_counted():
    assert counted(3) == 3
