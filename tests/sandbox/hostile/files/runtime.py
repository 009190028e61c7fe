# tries: to write where the next job reads its programs from
# outcomes: passed
import os, sys
import attack
def write(path):
    with open(path, "ab") as file:
        file.write(b"")
    return True
places = {os.__file__, sys.executable, "/usr/bin/env", "/bin/sh", "/etc/passwd", "/etc/hosts", "/etc/ld.so.cache"}
places |= {module.__file__ for module in list(sys.modules.values()) if getattr(module, "__file__", None)}
for path in sorted(place for place in places if place.startswith("/") and not place.startswith("/work")):
    attack.attempt(path, lambda: write(path))
    attack.attempt(f"{path} replaced", lambda: os.replace("/work/attack.py", path) is None)
for folder in [*sys.path, "/", "/usr", "/etc", "/bin", "/dev", "/proc", "/sys", "/lib", os.path.dirname(os.__file__)]:
    if folder and not folder.startswith("/work") and os.path.isdir(folder):
        attack.attempt(f"make in {folder}", lambda: write(f"{folder}/sitecustomize.py"))
attack.tried()
