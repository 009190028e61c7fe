# grade: A-split
from collections import Counter, OrderedDict, defaultdict, deque, namedtuple
from typing import NamedTuple
Pair = namedtuple("Pair", "left right")
class Range(NamedTuple):
    low: float
    high: float
    def width(self):
        return self.high - self.low
def swap(pair):
    return Pair(pair.right, pair.left)
def grouped(words):
    found = defaultdict(list)
    for word in words:
        found[word[0]].append(word)
    return dict(found)
def common(text):
    return Counter(text).most_common(1)
def last(items, count):
    return deque(items, maxlen=count)
# --- test_tuples.py
from collections import deque
from solution import Pair, Range, common, grouped, last, swap
def test_swap():
    assert swap(Pair(1, 2)) == (2, 1)
    assert swap(Pair(1, 2)).left == 2
def test_width():
    assert Range(1, 4).width() == 3
def test_grouped():
    assert grouped(["ab", "ac", "b"]) == {"a": ["ab", "ac"], "b": ["b"]}
def test_common():
    assert common("aab") == [("a", 2)]
def test_last():
    assert last([1, 2, 3], 2) == deque([2, 3])
