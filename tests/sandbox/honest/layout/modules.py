# grade: A-split
# --- calendar_utils.py
import calendar
def days(year, month):
    return calendar.monthrange(year, month)[1]
# --- parser.py
import re
TOKEN = re.compile(r"\d+|[+*()]")
def tokens(text):
    return TOKEN.findall(text)
# --- types_.py
from typing import TypeAlias
Number: TypeAlias = int | float
# --- queue_.py
class Queue:
    def __init__(self):
        self.items = []
    def put(self, item):
        self.items.append(item)
    def get(self):
        return self.items.pop(0)
# --- test_modules.py
from calendar_utils import days
from parser import tokens
from queue_ import Queue
import types_
def test_days():
    assert days(2024, 2) == 29
def test_tokens():
    assert tokens("1+(23*4)") == ["1", "+", "(", "23", "*", "4", ")"]
def test_queue():
    queue = Queue()
    queue.put(1)
    queue.put(2)
    assert queue.get() == 1
def test_types():
    assert types_.Number is not None
