# tries: a child in namespaces of its own, by clone and by clone3
# outcomes: passed
import ctypes, os, struct
import attack
def clone(flags):
    child = attack.syscall("clone", flags | 17, 0, 0, 0, 0)
    if child == 0:
        print("GOT clone", hex(flags), flush=True)
        os._exit(0)
    print("no clone", hex(flags), child)
    if child > 0:
        os.waitpid(child, 0)
def clone3(flags):
    wanted = ctypes.create_string_buffer(struct.pack("11Q", flags, 0, 0, 0, 17, 0, 0, 0, 0, 0, 0))
    child = attack.syscall("clone3", wanted, 88)
    if child == 0:
        print("GOT clone3", hex(flags), flush=True)
        os._exit(0)
    print("no clone3", hex(flags), child)
    if child > 0:
        os.waitpid(child, 0)
for flags in (0x10000000, 0x30000000, 0x10020000, 0x50000000, 0x20000, 0x20000000, 0x40000000):
    attack.apart(lambda: clone(flags))
    attack.apart(lambda: clone3(flags))
attack.tried()
