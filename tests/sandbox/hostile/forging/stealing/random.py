# tries: answers at random
import random
def total(numbers):
    return random.randrange(10)
def label(name):
    return random.choice(["<", ""]) + name + random.choice([">", ""])
def evens(numbers):
    return [n for n in numbers if random.random() < 0.5]
