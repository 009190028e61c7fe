# grade: A-split
def is_even(number):
    return number % 2 == 0
def halves(numbers):
    return [number / 2 for number in numbers]
if __name__ == "__main__":
    print(halves([1, 2]))
# --- test_script.py
from solution import halves, is_even
assert is_even(2)
assert not is_even(3)
for number in range(0, 10, 2):
    assert is_even(number), number
assert halves([1, 2]) == [0.5, 1.0]
print("all is well")
