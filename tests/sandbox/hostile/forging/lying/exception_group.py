# tries: groups of exceptions that hold all kinds
# base: right
def halve(number):
    raise ExceptionGroup("many", [ValueError("odd"), TypeError(), AssertionError()])
def total(numbers):
    raise BaseExceptionGroup("many", [SystemExit(0), KeyboardInterrupt()])
