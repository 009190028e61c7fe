"""A cell where the kernel gives no namespaces: the warm process that forks it, and its first process, the guard.

    guard.py CONTROL FOLDER PACKAGE...      FOLDER is where our own programs are

As in `zygote`, a request is a line of names with descriptors, and nothing of a job is read before the fork. The guard
keeps what the kernel would have kept in a namespace: every orphan is given to it, and its signals reach the cell
and nothing else, so that one signal kills all of it at once. It ends when nothing of the cell is left. The host ends a
cell by killing the fuse, a process that only lives as long as the guard does, or by going away itself.
"""

import os
import sys

sys.dont_write_bytecode = True
_OURS = sys.argv[2] if __name__ == "__main__" else ""
if _OURS:
    sys.path.insert(0, _OURS)

import ctypes  # noqa: E402
import resource  # noqa: E402
import select  # noqa: E402
import signal  # noqa: E402
import socket  # noqa: E402
import tempfile  # noqa: E402
import time  # noqa: E402
from contextlib import suppress  # noqa: E402
from typing import Any, NoReturn  # noqa: E402

from synth.sandbox.inside import kernel, landlock, zygote  # noqa: E402
from synth.sandbox.inside.cell import place_descriptors, read_job, say, write_files  # noqa: E402
from synth.sandbox.inside.filter import filter_program  # noqa: E402
from synth.sandbox.inside.narrow import narrow_program  # noqa: E402
from synth.sandbox.inside.removing import remove  # noqa: E402
from synth.sandbox.inside.roles import play  # noqa: E402
from synth.sandbox.inside.tally import Tally, descendants, own_shared_files  # noqa: E402

_REQUEST_BYTES = 256
_MOST_DESCRIPTORS = 8
_MOST_OPEN = 4096
_LOOK_MILLISECONDS = 50
_DIE_SECONDS = 10.0
_SUBREAPER, _SIGNAL_OF_PARENT = 36, 1
_MIB = 1024 * 1024
_DEVICES = {"null": landlock.TO_CHANGE, "zero": landlock.TO_CHANGE, "full": landlock.TO_CHANGE}
_DEVICES |= {"random": landlock.TO_USE, "urandom": landlock.TO_USE}
_FILTER = filter_program(internet=False)
_NARROW = {owns_files: narrow_program(owns_files) for owns_files in (False, True)}


def main(arguments: list[str]) -> None:
    """Serve until the host is gone."""
    zygote.warm(arguments[2:])
    sys.path[:] = [place for place in sys.path if place not in (_OURS, "/espalier")]
    with socket.socket(fileno=int(arguments[0])) as control:
        control.set_inheritable(False)
        control.send(b"ready")
        while _serve(control):
            pass


def _serve(control: socket.socket) -> bool:
    """Answer one request; False where the host has closed the socket."""
    request, descriptors, _, _ = socket.recv_fds(control, _REQUEST_BYTES, _MOST_DESCRIPTORS)
    if not request:
        return False
    fds = dict(zip(request.decode().split(), descriptors, strict=True))
    try:
        burning, alight = os.pipe()
        fds["alight"] = alight
        fuse = os.fork()
        if fuse == 0:
            _burn(burning)
        os.close(burning)
        fds["fuse"] = os.pidfd_open(fuse)
        if os.fork() == 0:
            control.close()
            _guard(fds, fuse)
        socket.send_fds(control, [b"ok"], [fds["fuse"]])
    except OSError as error:
        control.send(str(error).encode()[:_REQUEST_BYTES])
    for descriptor in fds.values():
        os.close(descriptor)
    return True


def _burn(burning: int) -> NoReturn:
    """Live until every other end of the pipe is closed, which only the guard keeps."""
    try:
        os.dup2(burning, 0)
        os.closerange(1, _MOST_OPEN)
        os.read(0, 1)
    finally:
        os._exit(0)


def _guard(fds: dict[str, int], fuse: int) -> NoReturn:
    """Be the first process of a cell; never returns."""
    code = 1
    end = fds.pop("end")
    try:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        job = read_job(fds.pop("job"))
        _watch_over_all_that_comes(fuse)
        _run(job, fds, end)
        code = 0
    except BaseException as error:  # noqa: BLE001 - the host has to hear of it
        say(end, {"fault": f"{type(error).__name__}: {error}"})
    finally:
        os._exit(code)


def _watch_over_all_that_comes(fuse: int) -> None:
    """Be given every orphan, and be able to signal nothing that does not come from here."""
    _prctl(_SUBREAPER, 1)
    kernel.drop_privileges()
    landlock.keep_signals_inside()
    try:
        os.kill(fuse, 0)
    except PermissionError:
        return
    # To kill all that can be reached would end everything that the user runs.
    raise OSError("signals would get out of the cell")


def _prctl(option: int, value: int) -> None:
    if ctypes.CDLL(None, use_errno=True).prctl(option, value, 0, 0, 0) < 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")


def _run(job: dict[str, Any], fds: dict[str, int], end: int) -> None:
    kept = {name: fds.pop(name) for name in ("alight", "fuse", "lease")}
    _lay_out(job["files"], job["folder"])
    tally = Tally(job["limits"], job["folder"], job["shares"])
    say(end, {"started": True})
    kernel.set_dumpable(True)  # the child is to be looked into
    child = os.fork()
    if child == 0:
        for descriptor in (*kept.values(), end):
            os.close(descriptor)
        _become_the_job(job, fds)
    kernel.set_dumpable(False)
    for descriptor in fds.values():
        os.close(descriptor)
    last_words = None
    try:
        last_words = _attend(child, tally, (kept["fuse"], kept["lease"]))
    finally:
        _end_all()
        if job["shares"]:
            for path, _ in own_shared_files():
                os.unlink(path)
        if _is_over(kept["lease"]):  # the host is gone; else it does this, in its own time
            remove(job["folder"])
    if last_words is not None:
        say(end, last_words)


def _lay_out(files: dict[str, str], folder: str) -> None:
    for name in ("work", "tmp"):
        os.mkdir(f"{folder}/{name}")
    write_files(files, f"{folder}/work")
    if descendants(strict=True):
        raise OSError("a cell that is not empty")


def _is_over(lease: int) -> bool:
    return bool(select.select([lease], [], [], 0)[0])


def _attend(child: int, tally: Tally, enders: tuple[int, int]) -> dict[str, int | float | str | None] | None:
    """Wait for `child`, reap orphans, and end it where a limit is broken; None where the host ended it."""
    cut: str | None = None
    poll = select.poll()
    with os.fdopen(os.pidfd_open(child), "rb", buffering=0) as process:
        for descriptor in (*enders, process.fileno()):
            poll.register(descriptor, select.POLLIN)
        due = time.monotonic() + _LOOK_MILLISECONDS / 1000
        while True:
            ready = [descriptor for descriptor, _ in poll.poll(max(0.0, due - time.monotonic()) * 1000)]
            if set(enders) & set(ready):
                return None
            while (waited := os.wait4(-1, os.WNOHANG))[0] not in (0, child):
                pass
            if waited[0] == child:
                break
            if time.monotonic() >= due:
                if cut is None and (cut := tally.look()) is not None:
                    os.kill(-1, signal.SIGKILL)
                due = time.monotonic() + _LOOK_MILLISECONDS / 1000
    if cut is None:
        cut = tally.look() if tally.cpu > 0 else None
    return {
        "exit": os.waitstatus_to_exitcode(waited[1]),
        "cpu_seconds": round(max(waited[2].ru_utime + waited[2].ru_stime, tally.cpu), 3),
        "peak_mb": round(max(tally.peak, waited[2].ru_maxrss * 1024) / _MIB, 1),
        "cut": cut,
    }


def _end_all() -> None:
    """Kill all of the cell, which cannot fork while that is done, until the kernel says that no process is left."""
    until = time.monotonic() + _DIE_SECONDS
    while time.monotonic() < until:
        with suppress(ProcessLookupError, PermissionError):  # nothing is left, or all of it belongs to others
            os.kill(-1, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)
    raise OSError("processes of the cell do not end")


def _become_the_job(job: dict[str, Any], fds: dict[str, int]) -> NoReturn:
    """In the child: take everything away, then run the code."""
    code = 1
    try:
        _prctl(_SIGNAL_OF_PARENT, signal.SIGKILL)
        kept = place_descriptors(fds)
        os.setsid()
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")  # where memory runs out, the guard has to live
        folder = job["folder"]
        os.chdir(f"{folder}/work")
        os.environ.update(HOME=f"{folder}/tmp", TMPDIR=f"{folder}/tmp")
        tempfile.tempdir = None
        for name, value in job["limits"]["each"].items():
            most = value + 1 if name == "CPU" else value
            resource.setrlimit(getattr(resource, f"RLIMIT_{name}"), (value, most))
        places = dict.fromkeys(job["places"], landlock.TO_USE)
        places |= {f"/dev/{name}": allowed for name, allowed in _DEVICES.items()}
        places |= {"/dev/shm": landlock.TO_SHARE} if job["shares"] else {}
        landlock.confine(places | {folder: landlock.TO_OWN})
        kernel.load_filter(_NARROW[not job["shares"]])
        kernel.load_filter(_FILTER)
        code = play(job, kept)
    finally:
        os._exit(code)


if __name__ == "__main__":
    main([sys.argv[1], *sys.argv[2:]])
