# grade: A-split
import threading
def squares(count):
    found, lock = {}, threading.Lock()
    def work(number):
        with lock:
            found[number] = number * number
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [found[number] for number in range(count)]
# --- test_squares.py
from solution import squares
def test_squares():
    assert squares(4) == [0, 1, 4, 9]
def test_none():
    assert squares(0) == []
def test_many():
    assert len(squares(20)) == 20
