"""The warm process of one sandbox: everything imported, it forks a cell for each request and never reads a job.

Started by the host as the main program inside bubblewrap:

    zygote.py warm CONTROL PACKAGE...       requests come on the socket CONTROL until it is closed; the package
                                            `pytest` means all that tests need
    zygote.py once UID NAME=DESCRIPTOR...   this process itself becomes the one cell, UID 0 meaning as it is

A request is `network` or `alone` and a line of names; the descriptors come with it, in the same order. The answer is
`ok` and a descriptor of the cell's first process, or what went wrong. What a job is stands in the file behind the
descriptor `job`, which only the cell opens: so that nothing of one job can be found in the memory of the next.
"""

import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import socket

sys.path.insert(0, "/espalier")
sys.dont_write_bytecode = True

from synth.sandbox.inside import kernel  # noqa: E402
from synth.sandbox.inside.cell import live  # noqa: E402

_REQUEST_BYTES = 256
_MOST_DESCRIPTORS = 8


def main(arguments: list[str]) -> None:
    """Serve until the host is gone, or be one cell."""
    if arguments[0] == "once":
        if user := int(arguments[1]):
            kernel.become(user)
        live({name: int(number) for name, _, number in (word.partition("=") for word in arguments[2:])}, nested=False)
    warm(arguments[2:])
    import socket

    with socket.socket(fileno=int(arguments[1])) as control:
        control.set_inheritable(False)
        control.send(b"ready")
        while _serve(control):
            pass


def warm(packages: list[str]) -> None:
    """Import what jobs need, then leave its memory alone, so that the cells go on sharing it."""
    import gc
    import signal

    gc.disable()
    from synth.sandbox.inside import candidate

    assert candidate
    for package in packages:
        if package == "pytest":
            from synth.sandbox.inside import driver, holding, suite

            assert driver
            assert holding
            suite.preload()
        else:
            __import__(package)
    gc.collect()
    gc.freeze()
    gc.enable()
    # The kernel reaps the cells; their first process sets it back.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    kernel.set_dumpable(False)


def _serve(control: "socket.socket") -> bool:
    """Answer one request; False where the host has closed the socket."""
    import socket

    request, descriptors, _, _ = socket.recv_fds(control, _REQUEST_BYTES, _MOST_DESCRIPTORS)
    if not request:
        return False
    try:
        network, *names = request.decode().split()
        pid, process = kernel.clone_cell(network == "network")
    except OSError as error:
        control.send(str(error).encode()[:_REQUEST_BYTES])
    else:
        if pid == 0:
            control.close()
            live(dict(zip(names, descriptors, strict=True)), nested=True)
        socket.send_fds(control, [b"ok"], [process])
        os.close(process)
    for descriptor in descriptors:
        os.close(descriptor)
    return True


if __name__ == "__main__":
    main(sys.argv[1:])
