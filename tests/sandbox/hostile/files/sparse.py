# tries: a file of eight exabytes with holes
# outcomes: passed error
import os, signal
import attack
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
def grow(size):
    with open("sparse", "wb") as file:
        os.truncate(file.fileno(), size)
    return os.path.getsize("sparse") > 20 << 20
for size in (1 << 30, 1 << 40, (1 << 63) - 1):
    attack.attempt(f"sparse {size}", lambda: grow(size))
attack.attempt("posix_fallocate", lambda: os.posix_fallocate(os.open("a", os.O_RDWR | os.O_CREAT), 0, 1 << 30) is None)
attack.tried()
