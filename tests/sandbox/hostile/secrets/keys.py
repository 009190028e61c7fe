# tries: the keyrings of the kernel
# outcomes: passed
import attack
attack.calls(
    ("keyctl", 0, -3, 1), ("keyctl", 0, -5, 1), ("keyctl", 1, b"espalier"), ("keyctl", 11, -4, bytes(64), 64),
    ("add_key", b"user", b"espalier", b"left behind", 11, -4), ("request_key", b"user", b"espalier", None, -4),
)
attack.attempt("/proc/keys", lambda: attack.read("/proc/keys") or None)
attack.tried()
