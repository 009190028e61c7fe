import logging, os
def configured(name):
    return os.environ.get(name, "nothing")
def announce(text):
    print(text)
    logging.getLogger("app").info("said %s", text)
    return len(text)
def read_all(folder):
    return {path.name: path.read_text() for path in sorted(folder.iterdir())}
class Clock:
    def now(self):
        import time
        return time.time()
# --- test_fixtures.py
import logging
import pytest
import solution
from solution import Clock, announce, configured, read_all
@pytest.fixture(params=[1, 2])
def number(request):
    return request.param
@pytest.fixture(autouse=True)
def quiet(monkeypatch):
    monkeypatch.setenv("MODE", "test")
def test_environment():
    assert configured("MODE") == "test"
    assert configured("NOT_THERE") == "nothing"
def test_announce(capsys, caplog):
    with caplog.at_level(logging.INFO):
        assert announce("hello") == 5
    assert capsys.readouterr().out == "hello\n"
    assert "said hello" in caplog.text
def test_read(tmp_path, number):
    (tmp_path / f"{number}.txt").write_text("x" * number)
    assert read_all(tmp_path) == {f"{number}.txt": "x" * number}
def test_clock(monkeypatch):
    monkeypatch.setattr(Clock, "now", lambda self: 42)
    assert Clock().now() == 42
def test_patched(monkeypatch):
    monkeypatch.setattr(solution, "configured", lambda name: "patched")
    assert solution.configured("x") == "patched"
