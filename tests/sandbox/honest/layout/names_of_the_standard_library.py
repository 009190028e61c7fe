# --- statistics.py
def mean(values):
    return sum(values) / len(values)
# --- cards.py
class Token:
    def __init__(self, text):
        self.text = text
# --- utils.py
from statistics import mean
def rounded_mean(values):
    return round(mean(values))
# --- test_names.py
from statistics import mean
from utils import rounded_mean
def test_mean():
    assert mean([1, 2]) == 1.5
def test_rounded():
    assert rounded_mean([1, 2, 4]) == 2
