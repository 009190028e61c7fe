# tries: to see processes that are not of the job, and their command lines
# outcomes: passed
import glob
import attack
seen = 0
for path in glob.glob("/proc/[0-9]*/cmdline"):
    try:
        line = attack.read(path)
    except OSError:
        continue
    seen += 1
    print("saw", path, line[:300])
    if b"@FOLDER@" in line or b"@HOST_USER_HOME@/" in line:
        print("GOT a path of the host", path)
print("GOT" if seen > 8 else "no", seen)
attack.tried()
