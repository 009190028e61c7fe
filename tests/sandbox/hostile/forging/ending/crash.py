# tries: to crash the interpreter
import ctypes
def total(numbers):
    ctypes.string_at(0)
label = evens = halve = total
