# tries: paths of the host in the list of mounts, that are not the sandbox's Python
# outcomes: passed
import re
import attack
with open("/proc/self/mountinfo") as file:
    lines = file.read().splitlines()
for line in lines:
    print(line)
    if "rw" in line.split()[5].split(",") and " - tmpfs " not in line and " - proc " not in line and " - devpts " not in line and " - mqueue " not in line and " - devtmpfs " not in line:
        print("GOT a writable mount", line)
attack.attempt("/proc/1/mountinfo", lambda: b"@FOLDER@" in attack.read("/proc/1/mountinfo"))
attack.tried()
