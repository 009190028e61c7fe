"""Test files of honest programs. All may import `add` from `calc`, or `f` from `app.core`, which returns 1."""

HONEST = {
    "functions": """\
        from calc import add
        def test_add():
            assert add(1, 2) == 3
        """,
    "parametrized": """\
        import pytest
        from calc import add
        @pytest.mark.parametrize(("b", "c"), [(1, 2), (2, 3)])
        def test_add(b, c):
            assert add(1, b) == c
        """,
    "unittest": """\
        import unittest
        from calc import add
        class AddTest(unittest.TestCase):
            def test_add(self):
                for n in range(3):
                    with self.subTest(n=n):
                        self.assertEqual(add(n, 1), n + 1)
        if __name__ == "__main__":
            unittest.main()
        """,
    "async unittest": """\
        import asyncio, unittest
        class WaitTest(unittest.IsolatedAsyncioTestCase):
            async def test_wait(self):
                self.assertEqual(await asyncio.sleep(0, 3), 3)
        """,
    "fixtures": """\
        import logging
        def test_fixtures(tmp_path, capsys, caplog, monkeypatch):
            print("hello")
            assert capsys.readouterr().out == "hello\\n"
            logging.warning("careful")
            assert "careful" in caplog.text
            monkeypatch.setenv("A", "b")
            (tmp_path / "x").write_text("y")
        """,
    "noise": """\
        import logging, sys, warnings
        def test_noise():
            print("FAILED errors=1")
            print("Traceback (most recent call last):", file=sys.stderr)
            logging.error("an error")
            warnings.warn("a warning")
        """,
    "threads": """\
        import threading
        def test_threads():
            done = []
            threads = [threading.Thread(target=done.append, args=(n,)) for n in range(16)]
            [thread.start() for thread in threads]
            [thread.join() for thread in threads]
            assert sorted(done) == list(range(16))
        """,
    "process pool": """\
        import multiprocessing
        from calc import add
        def test_pool():
            with multiprocessing.Pool(3) as pool:
                assert pool.starmap(add, [(1, 2), (3, 4)]) == [3, 7]
        """,
    "spawned process": """\
        import multiprocessing
        from calc import add
        def test_spawn():
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                assert pool.apply(add, (1, 2)) == 3
        """,
    "subprocess": """\
        import subprocess, sys
        def test_program():
            for python in (sys.executable, "python", "python3"):
                command = [python, "-c", "from calc import add; print(add(1, 2))"]
                assert subprocess.run(command, capture_output=True, text=True, check=True).stdout == "3\\n"
        """,
    "temporary files": """\
        import tempfile
        from pathlib import Path
        def test_files():
            with tempfile.TemporaryDirectory() as folder:
                Path(folder, "a").write_text("b")
            Path("here.txt").write_text("c")
            assert Path(__file__).with_name("here.txt").read_text() == "c"
        """,
    "local http": """\
        import http.server, threading, urllib.request
        def test_http():
            server = http.server.HTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            for host in ("127.0.0.1", "localhost"):
                assert urllib.request.urlopen(f"http://{host}:{server.server_port}/").status == 200
            server.shutdown()
            server.server_close()
        """,
    "compiled modules": """\
        import bz2, ctypes, decimal, hashlib, lzma, sqlite3, ssl, uuid, zlib
        def test_modules():
            assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)
            assert hashlib.sha256(b"").hexdigest()[:4] == "e3b0"
        """,
    "script": """\
        from calc import add
        assert add(1, 2) == 3
        if __name__ == "__main__":
            assert add(2, 2) == 4
        """,
    "one skip": """\
        import pytest
        @pytest.mark.skip
        def test_a():
            assert False
        def test_b():
            pass
        """,
    "a child that goes on": """\
        import os
        def test_fork():
            if os.fork() == 0:
                return
            os.wait()
        """,
    "closed output": """\
        import sys
        def test_close():
            sys.stdout.close()
            sys.stderr = None
        """,
    "ünïcode": """\
        def test_größe():
            π = "日本"
            assert len(π) == 2
        """,
}

LAYOUTS = {
    "tests import the root": {
        "tests/test_a.py": """\
            from app.core import f
            def test_a():
                assert f() == 1
            """,
    },
    "tests import their own folder": {
        "tests/support.py": "ONE = 1\n",
        "tests/test_a.py": """\
            from support import ONE
            from app.core import f
            def test_a():
                assert f() == ONE
            """,
    },
    "tests are a package": {
        "tests/__init__.py": "",
        "tests/support.py": "ONE = 1\n",
        "tests/test_a.py": """\
            from .support import ONE
            from tests.support import ONE as SAME
            def test_a():
                assert ONE == SAME
            """,
    },
    "one name in two folders": {
        "test_a.py": "def test_a():\n    pass\n",
        "tests/test_a.py": "def test_a():\n    pass\n",
    },
    "a conftest": {
        "tests/conftest.py": """\
            import pytest
            @pytest.fixture
            def one():
                return 1
            """,
        "tests/test_a.py": """\
            from app.core import f
            def test_a(one):
                assert f() == one
            """,
    },
    "tests in the package": {
        "app/tests/test_a.py": """\
            from ..core import f
            def test_a():
                assert f() == 1
            """,
    },
    "no name like a test's": {
        "check.py": """\
            from app.core import f
            def test_a():
                assert f() == 1
            """,
    },
}
