# tries: password files, keys, histories, tokens of a usual machine
# outcomes: passed
import glob, os
import attack
for path in (
    "/etc/shadow", "/etc/gshadow", "/etc/sudoers", "/root/.ssh/id_rsa", "/root/.bash_history", "/root/.netrc", "/root/.aws/credentials",
    "/run/secrets/kubernetes.io/serviceaccount/token", "/etc/machine-id", "/etc/hostname", "/var/log/syslog", "/etc/ssh/sshd_config", "/etc/fstab",
):
    attack.attempt(path, lambda: attack.read(path))
for folder in ("/root", "/home", "/var", "/srv", "/mnt", "/media", "/opt", "/boot"):
    found = glob.glob(f"{folder}/*") + glob.glob(f"{folder}/.[a-z]*")
    print("GOT" if [name for name in found if not name.startswith("/home/job")] and folder != "/var" else "no", folder, found[:5])
attack.tried()
