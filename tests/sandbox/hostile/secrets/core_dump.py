# tries: a core dump, written by the kernel outside the sandbox's rules
# outcomes: passed error
import os, resource, signal
import attack
attack.attempt("raise", lambda: resource.setrlimit(resource.RLIMIT_CORE, (-1, -1)) is None)
child = os.fork()
if not child:
    os.abort()
status = os.waitpid(child, 0)[1]
print("GOT a core" if os.WCOREDUMP(status) else "no core", [name for name in os.listdir(".") if "core" in name])
attack.tried()
