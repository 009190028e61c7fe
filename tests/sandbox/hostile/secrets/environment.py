# tries: environments of every process that can be seen
# outcomes: passed
import glob, os
import attack
KNOWN = {"PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "PWD", "SHLVL", "_", "TZ", "USER", "LOGNAME", "TERM", "SHELL", "MPLBACKEND"}
for path in glob.glob("/proc/*/environ") + glob.glob("/proc/*/task/*/environ"):
    try:
        print("saw", path, attack.read(path))
    except OSError:
        pass
odd = {name for name in os.environ if name not in KNOWN and not name.startswith(("PYTHON", "OMP_", "OPENBLAS", "MKL_", "NUMEXPR", "LC_", "XDG_", "LD_LIBRARY_PATH", "MALLOC_", "PYTEST_"))}
print("GOT" if odd else "no", sorted(odd))
print("GOT" if "@VARIABLE@" in os.environ else "no", "@VARIABLE@")
attack.tried()
