"""Partial isolation where the kernel is shared: what other processes and files of the same user are kept from.

Namespaces would have hidden them; here each way to them has to be closed by itself.
"""

import errno
import os
import signal
import struct
import subprocess
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from synth.errors import SandboxUnavailable
from synth.records import CodeFile
from synth.sandbox.base import Job, Limits, Script, ScriptResult
from synth.sandbox.inside import kernel, landlock
from synth.sandbox.inside.removing import remove
from synth.sandbox.partial import PartialPool, PartialSlot, partial_pool, partial_sandbox
from tests.sandbox import around, cases
from tests.sandbox.partial_runner import WAYS, as_user, runtime, with_pool

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(120)]

way = pytest.mark.parametrize("way", WAYS)

AT_ANOTHER = """
import array, ctypes, fcntl, os, resource, signal, socket, sys
import attack
pid, folder = {pid}, "{folder}"
path = folder + "/file"
for number in (0, signal.SIGTERM, signal.SIGSTOP):
    attack.attempt(("kill", number), lambda: os.kill(pid, number) is None)
    attack.attempt(("pidfd", number), lambda: signal.pidfd_send_signal(os.pidfd_open(pid), number) is None)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
os.kill(-1, signal.SIGTERM)  # which works where it reaches nobody, too
attack.attempt("nice", lambda: os.setpriority(os.PRIO_PROCESS, pid, 19) is None)
attack.attempt("nice for all", lambda: os.setpriority(os.PRIO_USER, 0, 19) is None)
attack.attempt("affinity", lambda: os.sched_setaffinity(pid, {{0}}) is None)
attack.attempt("idle", lambda: os.sched_setscheduler(pid, os.SCHED_IDLE, os.sched_param(0)) is None)
attack.attempt("limits", lambda: resource.prlimit(pid, resource.RLIMIT_NOFILE, (1, 1)) is not None)
attack.attempt("ioprio", lambda: attack.LIBC.syscall(251, 1, pid, 3 << 13) >= 0)
for name in ("environ", "cmdline", "status", "mem", "maps", "fd", "stat"):
    attack.attempt(name, lambda: attack.read(f"/proc/{{pid}}/{{name}}"))
attack.attempt("exe", lambda: os.readlink(f"/proc/{{pid}}/exe"))
attack.calls(("ptrace", 16, pid, 0, 0), ("pidfd_getfd", os.pidfd_open(pid), 0, 0))
left, right = socket.socketpair()
def own(kind):
    fcntl.fcntl(left, fcntl.F_SETOWN, pid)
    fcntl.fcntl(left, 10, kind)
    fcntl.fcntl(left, fcntl.F_SETFL, os.O_ASYNC | os.O_NONBLOCK)
    right.send(b"x")
for kind in (0, signal.SIGTERM, signal.SIGKILL):
    attack.attempt("asynchronous signal", lambda: own(kind))
attack.attempt("list", lambda: os.listdir(folder))
attack.attempt("read", lambda: attack.read(path))
attack.attempt("write", lambda: open(path, "a") is not None)
attack.attempt("truncate", lambda: os.truncate(path, 0) is None)
attack.attempt("make", lambda: open(folder + "/new", "w") is not None)
attack.attempt("remove", lambda: os.unlink(path) is None)
attack.attempt("rename", lambda: os.rename(path, "mine") is None)
attack.attempt("link", lambda: os.link(path, "mine") is None)
attack.attempt("by a link", lambda: os.symlink(path, "link") or attack.read("link"))
for number, arguments in ((253, ()), (294, (0,))):
    attack.attempt("inotify", lambda: attack.LIBC.syscall(number, *arguments) >= 0)
for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
    attack.attempt("datagrams", lambda: socket.socketpair(socket.AF_UNIX, kind))
attack.attempt("connect", lambda: left.connect(folder + "/door") is None)
attack.attempt("dumpable", lambda: attack.LIBC.prctl(4, 0, 0, 0, 0) == 0)
# These may say that they worked; what counts is that they did not.
for work in (
    lambda: os.chmod(path, 0o600), lambda: os.utime(path, (1, 1)), lambda: os.setxattr(path, "user.x", b"1"),
    lambda: os.chmod(folder, 0o777), lambda: os.fchmod(os.open(sys.executable, os.O_RDONLY), 0o700),
    lambda: os.utime(sys.executable, (1, 1)), lambda: os.chown(path, os.getuid(), os.getgid()),
    lambda: fcntl.ioctl(os.open(sys.executable, os.O_RDONLY), 0x40086602, array.array("l", [0x80])),
):
    try:
        work()
    except OSError:
        pass
attack.tried()
"""


def script(text: str, limits: Limits = cases.SHORT) -> Script:
    """A program that has `attack` at hand."""
    return Script((CodeFile(path="program.py", text=text), *cases.shared("attack.py")), "program.py", limits=limits)


def state(path: Path) -> tuple[int, ...]:
    """What a program could have changed of a file without opening it."""
    facts = path.stat()
    return facts.st_mode, facts.st_uid, facts.st_mtime_ns, facts.st_ctime_ns, facts.st_nlink


def attack_another(pool: PartialPool) -> tuple[ScriptResult, list[bool]]:
    """Run the attack on a process of our own user and its files."""
    with tempfile.TemporaryDirectory(dir="/tmp") as name:
        folder = Path(name)
        (folder / "file").write_text("secret")
        (folder / "file").chmod(0o666)
        folder.chmod(0o755)
        python = pool_python()
        before = [state(path) for path in (folder, folder / "file", python)]
        with subprocess.Popen(["/bin/sleep", "60"]) as other:
            scheduling = os.getpriority(os.PRIO_PROCESS, other.pid), os.sched_getaffinity(other.pid)
            result = pool.run(script(AT_ANOTHER.format(pid=other.pid, folder=folder)))
            unchanged = [
                other.poll() is None,
                (os.getpriority(os.PRIO_PROCESS, other.pid), os.sched_getaffinity(other.pid)) == scheduling,
                [state(path) for path in (folder, folder / "file", python)] == before,
            ]
            other.kill()
    return result, unchanged


def pool_python() -> Path:
    """The interpreter that jobs run on."""
    return (runtime().folder / "bin" / "python3").resolve()


@way
def test_processes_and_files_of_the_same_user_are_out_of_reach(way: str) -> None:
    result, unchanged = with_pool(way, attack_another)
    assert (result.outcome, "TRIED" in result.stdout) == ("passed", True), result
    assert "GOT" not in result.stdout, result.stdout
    assert unchanged == [True, True, True]


@way
def test_jobs_at_once_cannot_end_each_other(way: str) -> None:
    waiting = script("import time\nprint('here', flush=True)\ntime.sleep(1)\nprint('still here')\n")
    killing = script(
        "import os, time\nfor _ in range(50):\n    for pid in (-1, *range(max(2, os.getpid() - 60), os.getpid())):\n"
        "        try:\n            os.kill(pid, 9)\n        except OSError:\n            pass\n    time.sleep(0.02)\n"
    )

    def both(pool: PartialPool) -> list[ScriptResult]:
        with ThreadPoolExecutor(2) as threads:
            return list(threads.map(pool.run, (waiting, killing)))

    first, second = with_pool(way, both)
    assert (first.outcome, first.stdout, second.outcome) == ("passed", "here\nstill here\n", "passed")


@way
def test_a_solution_judged_apart_does_not_reach_the_process_of_its_tests(way: str) -> None:
    text = """\
import glob, os, signal
def f():
    for pid in [os.getppid(), *range(os.getpid() - 40, os.getpid() + 40)]:
        for path in (f"/proc/{pid}/mem", f"/proc/{pid}/fd/3"):
            try:
                os.open(path, os.O_RDWR)
                print("GOT", path)
            except OSError:
                pass
        if pid != os.getpid():
            try:
                os.kill(pid, signal.SIGKILL)
                print("GOT", pid)
            except OSError:
                pass
    print(glob.glob("/tmp/espalier-cell-*"), len(os.listdir("..")))
    return 2
"""
    test = "from solution import f\ndef test_f():\n    assert f() == 1\n"
    job = Job((CodeFile(path="solution.py", text=text),), (CodeFile(path="test_it.py", text=test),))
    result = with_pool(way, lambda pool: pool.verify(job))
    assert (result.outcome, result.grade, result.stdout) == ("failed", "A-split", "[] 2\n"), result


@way
@pytest.mark.parametrize(
    ("text", "limits", "outcome"),
    [
        ("while True: pass", Limits(wall_seconds=1), "timeout"),
        ("while True: pass", Limits(wall_seconds=20, cpu_seconds=1), "timeout"),
        ("import time; time.sleep(60)", Limits(wall_seconds=1), "timeout"),
        ("x = bytearray(3 << 30)", Limits(), "error"),
        (
            "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        x = b'x' * (100 << 20)\n"
            "        time.sleep(5)\ntime.sleep(5)",
            Limits(memory_mb=400),
            "memory_limit",
        ),
        (
            "import time\nfor n in range(40):\n    open(f'{n}', 'wb').write(bytes(15 << 20))\n    time.sleep(0.02)",
            Limits(),
            "memory_limit",
        ),
        (
            "import os, tempfile, time\nkept = []\nfor n in range(40):\n    kept.append(tempfile.TemporaryFile())\n"
            "    kept[-1].write(bytes(15 << 20))\n    kept[-1].flush()\n    time.sleep(0.02)",
            Limits(),
            "memory_limit",
        ),
        ("open('big', 'wb').write(bytes(20 << 20))", Limits(), "error"),
        ("while True: print('x' * 10_000)", Limits(), "output_limit"),
        ("import os\nkept = [os.open('/dev/null', 0) for _ in range(1000)]", Limits(), "error"),
    ],
)
def test_limits_end_a_job(way: str, text: str, limits: Limits, outcome: str) -> None:
    result = with_pool(way, lambda pool: pool.run(script(text, limits)), workers=1)
    assert result.outcome == outcome, result
    assert result.seconds < limits.wall_seconds + 1


@way
def test_what_no_longer_has_a_parent_ends_with_the_job(way: str) -> None:
    text = (
        "import ctypes, os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n"
        f"        ctypes.CDLL(None).prctl(15, b'{around.MARK}')\n        if os.fork():\n            os._exit(0)\n"
        "        time.sleep(60)\ntime.sleep(0.3)\nprint('done')\n"
    )

    def work(pool: PartialPool) -> tuple[ScriptResult, list[str]]:
        return pool.run(script(text)), around.marked()

    result, marks = with_pool(way, work)
    assert (result.outcome, result.stdout, marks) == ("passed", "done\n", [])


@way
def test_a_guard_that_is_gone_is_a_fault_of_the_sandbox(way: str) -> None:
    def work(pool: PartialPool) -> ScriptResult:
        with ThreadPoolExecutor(1) as threads:
            running = threads.submit(pool.run, script("import time\ntime.sleep(3)\n"))
            deadline = time.monotonic() + 5
            while time.monotonic() < deadline and len(around.descendants()) < 4:
                time.sleep(0.02)
            time.sleep(0.2)
            # The warm process, the fuse, the guard and the job, which are younger in this order.
            os.kill(sorted(around.descendants())[2], signal.SIGKILL)
            return running.result()

    assert with_pool(way, work, workers=1).outcome == "infra_error"


@way
def test_closing_the_sandbox_ends_what_runs_in_it(way: str) -> None:
    def work() -> tuple[ScriptResult, dict[int, str]]:
        pool = partial_pool(runtime(), 1)
        threading.Timer(1, pool.close).start()
        result = pool.run(script("import time\ntime.sleep(60)\n", Limits(wall_seconds=60)))
        return result, around.settled(0)

    result, left = as_user(way, work)
    assert (result.outcome, left) == ("infra_error", {})
    assert result.seconds < 20


@way
def test_a_runtime_that_is_gone_is_a_fault_of_the_sandbox(way: str, open_folder: Path) -> None:
    def work() -> ScriptResult:
        slot = PartialSlot(replace(runtime(), folder=open_folder), 1, (None, None))
        return PartialPool("a test", "partial", [slot], runtime()).run(script("pass"))

    result = as_user(way, work)
    assert (result.outcome, "could not be started" in result.stderr) == ("infra_error", True)


def test_it_can_be_had_here_and_says_what_it_is() -> None:
    sandbox = partial_sandbox(1)
    assert (sandbox.backend, sandbox.level) == ("partial:landlock", "partial")
    sandbox.close()


def test_a_kernel_without_landlock_is_told_from_one_with_it() -> None:
    def work() -> str:
        kernel.drop_privileges()
        # Answers like a kernel that was built without it: number 444 does not exist.
        lines = [(0x20, 0, 0, 0), (0x15, 0, 1, 444), (0x06, 0, 0, 0x50000 | errno.ENOSYS), (0x06, 0, 0, 0x7FFF0000)]
        kernel.load_filter(b"".join(struct.pack("=HBBI", *line) for line in lines))
        try:
            partial_sandbox(1)
        except SandboxUnavailable as error:
            return str(error)
        return "it was there"

    assert "no Landlock, or it is not switched on; version 6 is needed. Mend: Linux 6.12" in as_user(WAYS[-1], work)


def test_signals_reach_what_was_started_later_and_nothing_else() -> None:
    def work() -> tuple[bool, bool, int, bool]:
        with subprocess.Popen(["/bin/sleep", "2"]) as before:
            kernel.drop_privileges()
            landlock.keep_signals_inside()
            with subprocess.Popen(["/bin/sleep", "60"]) as after:
                reached = reaches(before.pid), reaches(after.pid)
                os.kill(-1, signal.SIGKILL)
                return *reached, after.wait(), before.poll() is None

    assert as_user(WAYS[-1], work) == (False, True, -signal.SIGKILL, True)


def reaches(pid: int) -> bool:
    """Whether we may signal a process."""
    try:
        os.kill(pid, 0)
    except PermissionError:
        return False
    return True


def test_folders_of_jobs_can_be_removed_however_odd(tmp_path: Path) -> None:
    odd = tmp_path / "odd"
    odd.mkdir()
    (odd / "to the host").symlink_to(tmp_path)
    (odd / "left-0").mkdir()
    os.mkfifo(odd / "pipe")
    (tmp_path / "kept").write_text("kept")
    deep = os.open(odd, os.O_RDONLY)
    for _ in range(600):
        os.mkdir("d" * 200, dir_fd=deep)
        inner = os.open("d" * 200, os.O_RDONLY, dir_fd=deep)
        os.close(deep)
        deep = inner
    os.fchmod(deep, 0)
    os.close(deep)
    remove(str(odd))
    remove(str(odd))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kept"]
