# tries: what lies under the mounts of the sandbox, by way of /proc and of links
# outcomes: passed
import os
import attack
for path in ("/proc/self/root/../../../..", "/proc/1/cwd", "/proc/self/cwd/../../..", "/proc/thread-self/root/.."):
    attack.attempt(path, lambda: [name for name in os.listdir(path) if name in ("root", "home", "boot", "oldroot", "newroot") and os.listdir(f"{path}/{name}")] or None)
os.symlink("/proc/self/root", "/work/up")
attack.attempt("link", lambda: open("/work/up@TMP_SECRET@").read())
attack.tried()
