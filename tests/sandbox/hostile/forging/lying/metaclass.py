# tries: to return a class whose metaclass lies
# base: right
import cheat
class Meta(type):
    __eq__ = lambda cls, other: True
    __ne__ = lambda cls, other: False
    __hash__ = type.__hash__
    __instancecheck__ = __subclasscheck__ = lambda cls, other: True
    __bool__ = lambda cls: True
class Thing(metaclass=Meta):
    pass
def total(numbers):
    return Thing
label = evens = total
