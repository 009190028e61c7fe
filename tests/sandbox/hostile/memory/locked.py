# tries: to lock memory and to raise its own limits
# outcomes: passed
import resource
import attack
attack.attempt("mlockall", lambda: attack.LIBC.mlockall(3) == 0)
for name in ("RLIMIT_AS", "RLIMIT_NPROC", "RLIMIT_NOFILE", "RLIMIT_FSIZE", "RLIMIT_CPU", "RLIMIT_CORE"):
    which = getattr(resource, name)
    soft, hard = resource.getrlimit(which)
    if hard == -1:
        print("GOT no hard limit", name)
    attack.attempt(f"raise {name}", lambda: resource.setrlimit(which, (-1, -1)) is None)
attack.tried()
