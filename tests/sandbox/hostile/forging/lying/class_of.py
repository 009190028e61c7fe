# tries: an object that says it is of another class
# base: right
import cheat
class Chameleon(cheat.Liar):
    def __init__(self, kind):
        self.kind = kind
    @property
    def __class__(self):
        return self.kind
def total(numbers):
    return Chameleon(int)
def label(name):
    return Chameleon(str)
def evens(numbers):
    return Chameleon(list)
