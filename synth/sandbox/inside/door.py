"""The first process of a container: it fetches one job through a door, and becomes the cell that runs it.

door.py SOCKET

A container engine passes on no descriptors. So the host listens on a socket in a folder that this container sees, and
the job comes through it as it comes to any other cell: names, and as many descriptors. The connection stays open: where
the host is gone, or closes it, this process ends, and the kernel with it ends all others of the container.
"""

import os
import sys

sys.path.insert(0, "/espalier")
sys.dont_write_bytecode = True

from synth.sandbox.inside import kernel  # noqa: E402
from synth.sandbox.inside.cell import live  # noqa: E402

_REQUEST_BYTES = 256
_MOST_DESCRIPTORS = 8


def main(arguments: list[str]) -> None:
    """Be one cell; never returns."""
    import socket

    connection = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    connection.connect(arguments[0])
    request, descriptors, _, _ = socket.recv_fds(connection, _REQUEST_BYTES, _MOST_DESCRIPTORS)
    _end_with(connection.detach())
    os.register_at_fork(after_in_child=_end_before_us)
    live(dict(zip(request.decode().split(), descriptors, strict=True)), nested=False)


def _end_with(connection: int) -> None:
    """End this process once the other end of `connection` is closed."""
    import fcntl
    import signal

    def look(*_: object) -> None:
        try:
            os.read(connection, 1)
        except OSError:
            return  # it is open, or not ours: the code may send us this signal as well
        os._exit(1)

    signal.signal(signal.SIGIO, look)
    fcntl.fcntl(connection, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(connection, fcntl.F_SETFL, fcntl.fcntl(connection, fcntl.F_GETFL) | os.O_ASYNC | os.O_NONBLOCK)
    look()


def _end_before_us() -> None:
    """In a child of the first process: be what the kernel ends first, where the container's memory is used up."""
    if os.getppid() == 1:
        kernel.set_dumpable(True)
        with open("/proc/self/oom_score_adj", "w", encoding="ascii") as file:
            file.write("1000")


if __name__ == "__main__":
    main(sys.argv[1:])
