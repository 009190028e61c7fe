# tries: to write a good report at exit, before or after the real one
import atexit
import cheat
atexit.register(lambda: cheat.everywhere(cheat.report()))
