# tries: programs that would run as the superuser
# outcomes: passed
import os, shutil, subprocess
import attack
def become(*command):
    done = subprocess.run(command, input="", capture_output=True, text=True, timeout=2, check=False)
    return "uid=0(root)" in done.stdout or done.returncode == 0
for command in (("su", "-c", "id"), ("sudo", "-n", "id"), ("pkexec", "id"), ("newuidmap", "1", "0", "0", "1"), ("mount", "/proc"), ("passwd", "-d", "root"), ("unshare", "-Ur", "id"), ("nsenter", "-t", "1", "-a", "id"), ("bwrap", "--ro-bind", "/", "/", "id"), ("crontab", "/dev/null"), ("at", "now")):
    if shutil.which(command[0]):
        attack.attempt(command[0], lambda: become(*command))
shutil.copy("/bin/sh", "/work/sh")
attack.attempt("own setuid", lambda: os.chmod("/work/sh", 0o4755))
attack.tried()
