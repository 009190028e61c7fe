# tries: to leave a server for the next job, and to find that of the last
# outcomes: passed
# times: 12
import os, socket, time
import attack
def reach(family, address):
    with socket.socket(family) as own:
        own.settimeout(0.3)
        own.connect(address)
    return True
attack.attempt("port", lambda: reach(socket.AF_INET, ("127.0.0.1", 45999)))
attack.attempt("name", lambda: reach(socket.AF_UNIX, "\0espalier-left"))
attack.tried()
if os.fork() == 0:
    os.setsid()
    kept = []
    for family, address in ((socket.AF_INET, ("127.0.0.1", 45999)), (socket.AF_UNIX, "\0espalier-left")):
        own = socket.socket(family)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            own.bind(address)
            own.listen()
            kept.append(own)
        except OSError as error:
            print("no", error)
    time.sleep(600)
time.sleep(0.1)
