# tries: links where a supervisor might fetch or put result files
# outcomes: passed error
import os
import attack
for name in ("report", "report.json", "result.json", "out", "stdout", "stderr", ".report", "exit_code", "status"):
    for folder in ("/work", "/tmp"):
        try:
            os.symlink("@TMP_SECRET@", f"{folder}/{name}")
        except OSError:
            pass
os.rename("/work/attack.py", "/work/moved.py")
os.symlink("/etc/passwd", "/work/attack.py")
print("TRIED")
