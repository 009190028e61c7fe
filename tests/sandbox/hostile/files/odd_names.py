# tries: file names that upset whoever lists the folder afterwards
# outcomes: passed
import os, socket
import attack
for name in (b"\xff\xfe", b"a\nb", b"-rf", b"\x1b[2J", b" ", "ü‮".encode(), b"x" * 255):
    open(b"/work/" + name, "wb").close()
os.mkfifo("/work/pipe")
socket.socket(socket.AF_UNIX).bind("/work/socket")
os.symlink("/", "/work/root")
os.symlink("loop", "/work/loop")
os.chmod("/work", 0o000)
attack.tried()
