# tries: to leave work to schedulers and start-up files of the machine
# outcomes: passed
import os
import attack
def write(path):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write("* * * * * root touch /tmp/typed\n")
    return not os.path.realpath(path).startswith(("/work/", "/tmp/"))
for path in ("/etc/cron.d/left", "/var/spool/cron/root", "/etc/profile.d/left.sh", "/root/.bashrc", "/etc/ld.so.preload", "/etc/systemd/system/left.service", os.path.expanduser("~/.config/left")):
    attack.attempt(path, lambda: write(path))
attack.tried()
