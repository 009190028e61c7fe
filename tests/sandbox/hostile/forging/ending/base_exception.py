# tries: an exception of its own that only BaseException catches, with a class that lies
class Odd(type):
    def __instancecheck__(cls, other):
        return True
    def __subclasscheck__(cls, other):
        return True
class Gone(BaseException, metaclass=Odd):
    def __str__(self):
        raise Gone
    __repr__ = __str__
def total(numbers):
    raise Gone
label = evens = halve = total
