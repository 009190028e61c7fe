# tries: a fork bomb in the shell
# outcomes: timeout error passed memory_limit
import subprocess
subprocess.run(["/bin/sh", "-c", "f() { f | f & }; f; while :; do f; done"], check=False)
