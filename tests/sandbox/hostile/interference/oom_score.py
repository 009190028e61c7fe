# tries: to have the kernel end somebody else when memory runs out
# outcomes: passed
import attack
def write(path, value):
    with open(path, "w") as file:
        file.write(value)
    return True
attack.attempt("own", lambda: write("/proc/self/oom_score_adj", "-1000"))
attack.attempt("first", lambda: write("/proc/1/oom_score_adj", "1000"))
attack.tried()
