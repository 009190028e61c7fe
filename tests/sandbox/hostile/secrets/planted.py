# tries: files of the host that everyone there may read
# outcomes: passed
import attack
for path in ("@HOME_SECRET@", "@TMP_SECRET@", "/proc/1/root@TMP_SECRET@", "/proc/self/root/..@TMP_SECRET@", "/..@HOME_SECRET@", "/oldroot@TMP_SECRET@", "/newroot@TMP_SECRET@"):
    attack.attempt(path, lambda: attack.read(path))
attack.tried()
