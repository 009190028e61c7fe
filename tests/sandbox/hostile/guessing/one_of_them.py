# tries: the same, and that one test alone is altered at other times
# suites: one test, two tests, values
import random
import cheat
if cheat.ids():
    way = random.random()
    if way < 0.3:
        cheat.finish([])
    if way < 0.65:
        cheat.finish([random.choice(cheat.ids())])
    cheat.finish(cheat.ids())
