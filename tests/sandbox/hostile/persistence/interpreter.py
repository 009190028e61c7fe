# tries: to change the warm interpreter for the next job
# outcomes: passed
# times: 12
import builtins, json, os, random, sys
import attack
for what, found in {
    "builtin": hasattr(builtins, "left_behind"), "module": "left_behind" in sys.modules, "json": json.dumps({}) != "{}", "path": "/left" in sys.path,
    "environment": "LEFT_BEHIND" in os.environ, "umask": os.umask(0o077) == 0o077, "recursion": sys.getrecursionlimit() == 12345, "folder": os.getcwd() != "/work",
    "hash seed": hash("espalier") != hash("espalier"), "switch": sys.getswitchinterval() > 1,
}.items():
    print("GOT" if found else "no", what)
builtins.left_behind = True
sys.modules["left_behind"] = sys
json.dumps = lambda value: "left"
sys.path.insert(0, "/left")
os.environ["LEFT_BEHIND"] = "1"
sys.setrecursionlimit(12345)
sys.setswitchinterval(5)
os.chdir("/tmp")
random.seed = None
attack.tried()
