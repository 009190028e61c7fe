"""Locks that end with the process that holds them."""

import fcntl
import os
import time
from pathlib import Path
from typing import IO


def take_lock(path: Path, patience_seconds: float = 0.0) -> IO[str] | None:
    """Take an exclusive lock that ends with the process, or return None where another process has it.

    Raises OSError where there is no such file and none can be made.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)  # a folder that cannot be written can still be looked at
    stream = os.fdopen(descriptor, "r")
    end = time.monotonic() + patience_seconds
    while True:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            if time.monotonic() >= end:
                stream.close()
                return None
            time.sleep(0.02)
        else:
            return stream


def is_locked(path: Path) -> bool:
    """Whether a process holds the lock. Looking takes it for an instant, so whoever wants it has to be patient."""
    if not path.exists():
        return False
    lock = take_lock(path)
    if lock is None:
        return True
    lock.close()
    return False
