"""Removes what a job leaves in a folder, however deep, odd or closed it is. No process of the job may be left."""

import os
import stat
from contextlib import suppress

_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN = stat.S_IRWXU


def remove(folder: str) -> None:
    """Remove a folder and all below it, if it is there; no link is followed. Raises `OSError` where something stays.

    Folders within folders are first moved to the top, so that no path becomes too long.
    """
    try:
        top = os.open(folder, _FOLDER)
    except FileNotFoundError:
        return
    try:
        moved = 0
        while names := os.listdir(top):
            for name in names:
                moved += _take_apart(top, name, moved)
    finally:
        os.close(top)
    os.rmdir(folder)


def _take_apart(top: int, name: str, moved: int) -> int:
    """Remove one entry of the top folder, or empty it into that; returns how many folders came to the top."""
    if not _is_folder(name, top):
        os.unlink(name, dir_fd=top)
        return 0
    os.chmod(name, _OPEN, dir_fd=top)
    here = os.open(name, _FOLDER, dir_fd=top)
    came = 0
    try:
        for inner in os.listdir(here):
            if _is_folder(inner, here):
                os.chmod(inner, _OPEN, dir_fd=here)
                _move_up(inner, here, top, moved + came)
                came += 1
            else:
                os.unlink(inner, dir_fd=here)
    finally:
        os.close(here)
    os.rmdir(name, dir_fd=top)
    return came


def _move_up(name: str, here: int, top: int, number: int) -> None:
    """Under a name that is free: an entry of the job's own may have one like ours."""
    while True:
        new = f"left-{number}-{os.urandom(8).hex()}"
        with suppress(FileExistsError):
            os.mkdir(new, dir_fd=top)
            break
    os.rename(name, new, src_dir_fd=here, dst_dir_fd=top)


def _is_folder(name: str, parent: int) -> bool:
    return stat.S_ISDIR(os.stat(name, dir_fd=parent, follow_symlinks=False).st_mode)
