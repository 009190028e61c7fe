"""The first process of a job that is *not* isolated: as a cell, but in a folder of the host and with limits only.

python -m synth.sandbox.inside.bare FOLDER NAME=DESCRIPTOR...
"""

import os
import resource
import signal
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn

from synth.sandbox.inside.cell import place_descriptors, read_job, say, write_files
from synth.sandbox.inside.roles import play


def main(arguments: list[str]) -> None:
    """Run one job in FOLDER and end all of its processes that are still in its session."""
    folder = Path(arguments[0])
    fds = {name: int(number) for name, _, number in (word.partition("=") for word in arguments[1:])}
    job = read_job(fds.pop("job"))
    write_files(job["files"], arguments[0])
    end = fds.pop("end")
    say(end, {"started": True})
    child = os.fork()
    if child == 0:
        _become_the_job(job, fds, folder)
    for descriptor in fds.values():
        os.close(descriptor)
    _, status, usage = os.wait4(child, 0)
    with suppress(ProcessLookupError):
        os.killpg(child, signal.SIGKILL)
    say(
        end,
        {
            "exit": os.waitstatus_to_exitcode(status),
            "cpu_seconds": round(usage.ru_utime + usage.ru_stime, 3),
            "peak_mb": round(usage.ru_maxrss / 1024, 1),
            "cut": None,
        },
    )


def _become_the_job(job: dict[str, Any], fds: dict[str, int], folder: Path) -> NoReturn:
    code = 1
    try:
        kept = place_descriptors(fds)
        os.setsid()
        os.chdir(folder)
        for name, value in job["limits"]["each"].items():
            if name != "NPROC":  # counts every process of the user here
                resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, value))
        code = play(job, kept)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
