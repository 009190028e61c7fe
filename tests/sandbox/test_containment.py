"""What the sandbox holds back."""

import json
import os
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from textwrap import dedent, indent

import pytest

from synth.sandbox.base import Limits, Sandbox
from tests.sandboxed import run

pytestmark = pytest.mark.sandbox

SHORT = Limits(wall_seconds=2, cpu_seconds=2)


def probe(sandbox: Sandbox, program: str) -> str:
    """Run `program` in the sandbox as the body of a test and return what it prints."""
    result = run(sandbox, "def test_probe():\n" + indent(dedent(program), "    "))
    assert result.outcome == "passed", result
    return result.stdout.strip()


def test_a_test_without_end_is_ended(sandbox: Sandbox) -> None:
    endless = ("while True: pass", "import time; time.sleep(600)", "import os; os.read(os.pipe()[0], 1)")
    tests = [f"def test_a():\n    print('begun', flush=True)\n    {body}\n" for body in endless]
    with ThreadPoolExecutor(3) as threads:
        results = list(threads.map(lambda test: run(sandbox, test, limits=SHORT), tests))
    assert [(result.outcome, result.stdout) for result in results] == [("timeout", "begun\n")] * 3


def test_processor_time_has_its_own_limit(sandbox: Sandbox) -> None:
    limits = Limits(wall_seconds=60, cpu_seconds=1)
    result = run(sandbox, "def test_a():\n    while True: pass\n", limits=limits)
    assert result.outcome == "timeout"
    assert result.seconds < 30


@pytest.mark.parametrize("body", ["bytearray(3 << 30)", "x = []\n    while True: x.append(bytes(1 << 20))"])
def test_memory_has_a_limit(sandbox: Sandbox, body: str) -> None:
    result = run(sandbox, f"def test_a():\n    {body}\n", limits=Limits(memory_mb=512))
    assert result.outcome == "memory_limit"
    assert result.peak_mb is None or result.peak_mb < 600


def test_processes_have_a_limit(sandbox: Sandbox) -> None:
    counting = """\
        import os, time
        n = 0
        try:
            while n < 500:
                if os.fork() == 0:
                    time.sleep(60)
                    os._exit(0)
                n += 1
        except BlockingIOError:
            print(n)
        """
    assert 8 <= int(probe(sandbox, counting)) <= Limits().processes


def test_a_fork_bomb_does_not_pass_and_does_not_stay(sandbox: Sandbox) -> None:
    result = run(sandbox, "import os\ndef test_a():\n    while True:\n        os.fork()\n", limits=SHORT)
    assert result.outcome in ("failed", "timeout")
    assert run(sandbox, "def test_a():\n    pass\n").outcome == "passed"


@pytest.mark.parametrize("descriptor", [1, 2])
def test_a_flood_of_output_ends_the_job(sandbox: Sandbox, descriptor: int) -> None:
    test = f"import os\ndef test_a():\n    while True:\n        os.write({descriptor}, b'x' * 10_000)\n"
    result = run(sandbox, test, limits=Limits(output_kb=8))
    assert result.outcome == "output_limit"
    assert len(result.stdout) + len(result.stderr) == 8 * 1024


def test_a_flood_of_the_report_ends_the_job(sandbox: Sandbox) -> None:
    test = """\
        import os, stat
        def test_a():
            pipes = [n for n in map(int, os.listdir("/proc/self/fd")) if n > 2 and is_pipe(n)]
            while True:
                os.write(max(pipes), b"x" * 10_000)
        def is_pipe(n):
            try:
                return stat.S_ISFIFO(os.fstat(n).st_mode)
            except OSError:
                return False
        """
    result = run(sandbox, test)
    assert (result.outcome, result.stderr) == ("output_limit", "")


def test_long_output_below_the_flood_is_cut(sandbox: Sandbox) -> None:
    result = run(sandbox, "def test_a():\n    print('x' * 20_000)\n", limits=Limits(output_kb=8))
    assert (result.outcome, len(result.stdout)) == ("passed", 8 * 1024)


def test_disk_files_and_descriptors_have_limits(sandbox: Sandbox) -> None:
    filling = """\
        import errno, os
        def fill(pattern, count, size):
            try:
                for n in range(count):
                    open(pattern.format(n), "wb").write(bytes(size))
            except OSError as error:
                return errno.errorcode[error.errno]
        print(fill("/tmp/{}", 1, 100 << 20), fill("/tmp/{}", 30, 8 << 20))
        print(fill("/work/{}", 30, 8 << 20), fill("/dev/shm/{}", 9, 1 << 19))
        try:
            kept = [os.open("/dev/null", 0) for _ in range(1000)]
        except OSError as error:
            print(errno.errorcode[error.errno])
        """
    assert probe(sandbox, filling).split() == ["EFBIG", "ENOSPC", "ENOSPC", "ENOSPC", "EMFILE"]


def test_nothing_outside_its_own_folders_can_be_written(sandbox: Sandbox) -> None:
    writing = """\
        import os
        def attempt(make, *arguments):
            try:
                make(*arguments)
                print("wrote", arguments)
            except OSError:
                pass
        for folder in ("/", "/usr", "/usr/lib", "/etc", "/runtime", "/runtime/lib", "/dev", "/proc"):
            attempt(open, folder + "/x", "w")
            attempt(os.mkdir, folder + "/y")
        for name in ("/runner.py", "/etc/passwd", "/runtime/bin/python3"):
            attempt(open, name, "a")
        attempt(open, "/work/z", "w")
        """
    assert probe(sandbox, writing) == "wrote ('/work/z', 'w')"


def test_the_network_and_the_host_s_own_ports_are_out_of_reach(sandbox: Sandbox) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        socket.create_connection(("127.0.0.1", port)).close()
        trying = """\
            import socket
            for address in (("192.0.2.1", 80), ("127.0.0.1", PORT)):
                try:
                    socket.create_connection(address, 2)
                    print("reached", address)
                except OSError:
                    pass
            with open("/proc/net/dev") as devices:
                print([line.split(":")[0].strip() for line in devices if ":" in line])
            """
        assert probe(sandbox, trying.replace("PORT", str(port))) == "['lo']"


def test_host_files_and_homes_are_not_there(sandbox: Sandbox, open_folder: Path) -> None:
    secret = open_folder / "secret.txt"
    secret.write_text("key", encoding="utf-8")
    secret.chmod(0o644)
    places = [
        str(secret),
        str(Path.home()),
        "/root",
        "/home",
        str(Path(__file__).parent),
        "/etc/shadow",
        "/var",
        "/sys",
    ]
    assert secret.exists()
    assert probe(sandbox, f"import os\nprint([place for place in {places!r} if os.path.exists(place)])") == "[]"


def test_the_environment_is_its_own(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPALIER_SECRET_KEY", "key")
    seen = json.loads(probe(sandbox, "import json, os\nprint(json.dumps(dict(os.environ)))"))
    assert "ESPALIER_SECRET_KEY" not in seen
    assert (seen["HOME"], seen["PYTHONHASHSEED"], seen["OMP_NUM_THREADS"]) == ("/tmp", "0", "1")
    assert set(seen) <= {
        *(
            "HOME",
            "LANG",
            "LD_LIBRARY_PATH",
            "MALLOC_ARENA_MAX",
            "OMP_NUM_THREADS",
            "OPENBLAS_NUM_THREADS",
            "PATH",
            "PWD",
        ),
        *("PYTEST_CURRENT_TEST", "PYTEST_DISABLE_PLUGIN_AUTOLOAD", "PYTEST_VERSION", "PYTHONHASHSEED", "TMPDIR", "TZ"),
    }


def test_other_processes_are_not_seen_and_no_privilege_is_left(sandbox: Sandbox) -> None:
    looking = """\
        import ctypes, os
        print([name for name in os.listdir("/proc") if name.isdigit() and name not in ("1", str(os.getpid()))])
        status = dict(line.split(":", 1) for line in open("/proc/self/status"))
        print(os.getuid(), status["CapEff"].strip(), status["NoNewPrivs"].strip())
        print(ctypes.CDLL(None).unshare(0x10000000))
        """
    assert probe(sandbox, looking).splitlines() == ["[]", "1000 0000000000000000 1", "-1"]


def test_no_job_finds_what_another_left(sandbox: Sandbox) -> None:
    leaving = """\
        from pathlib import Path
        places = [Path(folder, "left") for folder in ("/work", "/tmp", "/dev/shm")]
        print(sum(place.exists() for place in places))
        [place.write_text("x") for place in places]
        """
    assert [probe(sandbox, leaving), probe(sandbox, leaving)] == ["0", "0"]


@pytest.mark.parametrize("last", ["pass", "time.sleep(600)", "os.kill(os.getpid(), 9)"])
def test_no_process_outlives_its_job(sandbox: Sandbox, last: str) -> None:
    mark = f"left-behind-{os.getpid()}-{len(last)}"
    test = f"""\
        import os, subprocess, sys, time
        def test_a():
            command = [sys.executable, "-c", "import time; print(1, flush=True); time.sleep(600)", {mark!r}]
            left = subprocess.Popen(command, start_new_session=True, stdout=subprocess.PIPE)
            left.stdout.read(1)
            time.sleep(0.3)
            {last}
        """
    seen_alive = False
    job = threading.Thread(target=run, args=(sandbox, test, None, SHORT))
    job.start()
    while job.is_alive():
        seen_alive = seen_alive or bool(processes_with(mark))
    assert seen_alive
    assert processes_with(mark) == []
    assert unreaped_children() == []


def processes_with(mark: str) -> list[str]:
    """Processes of the host that have `mark` as an argument."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if mark.encode() in arguments:
            found.append(process.name)
    return found


def unreaped_children() -> list[str]:
    """Dead children of this process that were a bubblewrap; warm ones live on."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            name, _, rest = (process / "stat").read_text(encoding="utf-8").partition("(")[2].rpartition(")")
        except OSError:
            continue
        if name == "bwrap" and rest.split()[0] == "Z" and int(rest.split()[1]) == os.getpid():
            found.append(process.name)
    return found
