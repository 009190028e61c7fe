# tries: to change the clock of the machine
# outcomes: passed
import ctypes, struct
import attack
now = ctypes.create_string_buffer(struct.pack("qq", 1_000_000_000, 0))
attack.calls(("settimeofday", now, None), ("clock_settime", 0, now), ("clock_settime", 7, now), ("adjtimex", ctypes.create_string_buffer(struct.pack("Iq", 0x8000, 5) + bytes(240))))
attack.tried()
