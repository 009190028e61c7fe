"""How a cell's first process is watched, however short its life."""

import select
import subprocess
import sys

from synth.sandbox.cells import descriptor_of


def test_a_process_that_is_gone_before_it_can_be_watched_counts_as_ended() -> None:
    with subprocess.Popen([sys.executable, "-c", "pass"]) as process:
        process.wait()
    descriptor = descriptor_of(process.pid)
    assert select.select([descriptor], [], [], 0)[0] == [descriptor]


def test_a_process_that_lives_is_not_readable_until_it_ends() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        descriptor = descriptor_of(process.pid)
        assert select.select([descriptor], [], [], 0)[0] == []
        process.kill()
        assert select.select([descriptor], [], [], 10)[0] == [descriptor]
