# tries: to leave files for the next job, and to find those of the last
# outcomes: passed
# times: 12
import glob, os
import attack
for folder in ("/work", "/tmp", "/dev/shm", "/var/tmp", "/run", "/dev/mqueue"):
    for path in glob.glob(f"{folder}/left-behind*"):
        print("GOT", path)
    try:
        open(f"{folder}/left-behind-{os.getpid()}", "w").close()
    except OSError:
        pass
own = set(os.listdir("/work")) - {"attack.py", "program.py", "__pycache__"}
print("GOT" if [name for name in own if not name.startswith("left-behind")] else "no", own)
print("GOT" if [name for name in os.listdir("/tmp") if not name.startswith("left-behind")] else "no", os.listdir("/tmp"))
attack.tried()
