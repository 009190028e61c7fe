# tries: to rename the machine
# outcomes: passed
import socket
import attack
attack.calls(("sethostname", b"espalier-was-here", 17), ("setdomainname", b"espalier-was-here", 17))
attack.attempt("name", lambda: "espalier-was" in socket.gethostname())
attack.tried()
