# grade: A-split
def sort_in_place(numbers):
    numbers.sort()
def drop(items, item):
    while item in items:
        items.remove(item)
    return items
def count_words(words, counts):
    for word in words:
        counts[word] = counts.get(word, 0) + 1
def transpose(matrix):
    size = len(matrix)
    for row in range(size):
        for column in range(row + 1, size):
            matrix[row][column], matrix[column][row] = matrix[column][row], matrix[row][column]
class Basket:
    def __init__(self, items):
        self.items = items
    def add(self, item):
        self.items.append(item)
# --- test_in_place.py
from solution import Basket, count_words, drop, sort_in_place, transpose
def test_sort():
    numbers = [3, 1, 2]
    assert sort_in_place(numbers) is None
    assert numbers == [1, 2, 3]
def test_drop():
    items = [1, 2, 1]
    assert drop(items, 1) == [2]
    assert items == [2]
def test_counts():
    counts = {"a": 1}
    count_words(["a", "b"], counts)
    assert counts == {"a": 2, "b": 1}
def test_transpose():
    matrix = [[1, 2], [3, 4]]
    transpose(matrix)
    assert matrix == [[1, 3], [2, 4]]
def test_basket():
    items = ["a"]
    basket = Basket(items)
    basket.add("b")
    assert items == ["a", "b"]
    assert basket.items == ["a", "b"]
