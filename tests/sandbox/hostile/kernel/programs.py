# tries: to load programs into the kernel, to watch it, or to queue work past the filter
# outcomes: passed
import ctypes
import attack
zero = ctypes.create_string_buffer(256)
event = ctypes.create_string_buffer(b"\x01\0\0\0\x80\0\0\0" + bytes(248), 256)
attack.calls(
    ("bpf", 0, zero, 72), ("bpf", 5, zero, 72), ("perf_event_open", event, 0, -1, -1, 0), ("perf_event_open", event, -1, 0, -1, 0),
    ("io_uring_setup", 8, zero), ("userfaultfd", 0), ("userfaultfd", 1), ("memfd_secret", 0), ("memfd_create", b"x", 0),
)
attack.tried()
