# tries: to guess of each test, by chance, whether it is altered
# suites: one test, values
import random
import cheat
if cheat.ids():
    cheat.finish([name for name in cheat.ids() if random.random() < 0.5])
