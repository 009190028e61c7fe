# tries: to loosen the filter by loading one that allows everything
# outcomes: passed
import ctypes, struct
import attack
class Filter(ctypes.Structure):
    _fields_ = [("size", ctypes.c_ushort), ("place", ctypes.c_void_p)]
rule = ctypes.create_string_buffer(struct.pack("HBBI", 6, 0, 0, 0x7FFF0000))
program = Filter(1, ctypes.addressof(rule))
def loosen():
    print("loaded", attack.LIBC.prctl(22, 2, ctypes.byref(program), 0, 0))
    print("GOT" if attack.syscall("unshare", 0x10000000) >= 0 else "no", "unshare")
    print("GOT" if attack.LIBC.prctl(22, 0, 0, 0, 0) == 0 else "no", "off")
attack.apart(loosen)
attack.tried()
