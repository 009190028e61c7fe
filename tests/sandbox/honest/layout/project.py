# --- app/__init__.py
# --- app/models.py
from dataclasses import dataclass, field
@dataclass
class Task:
    title: str
    done: bool = False
    tags: list = field(default_factory=list)
# --- app/storage.py
import json
from dataclasses import asdict
from pathlib import Path
from app.models import Task
class Storage:
    def __init__(self, path):
        self.path = Path(path)
    def save(self, tasks):
        self.path.write_text(json.dumps([asdict(task) for task in tasks]))
    def load(self):
        return [Task(**item) for item in json.loads(self.path.read_text())] if self.path.exists() else []
# --- app/cli.py
import argparse
from app.models import Task
from app.storage import Storage
def main(arguments=None):
    parser = argparse.ArgumentParser()
    parser.add_argument("path")
    parser.add_argument("title", nargs="?")
    given = parser.parse_args(arguments)
    storage = Storage(given.path)
    tasks = storage.load()
    if given.title:
        tasks.append(Task(given.title))
        storage.save(tasks)
    for task in tasks:
        print(f"[{'x' if task.done else ' '}] {task.title}")
    return 0
if __name__ == "__main__":
    raise SystemExit(main())
# --- tests/conftest.py
import pytest
from app.storage import Storage
@pytest.fixture
def storage(tmp_path):
    return Storage(tmp_path / "tasks.json")
# --- tests/test_storage.py
from app.models import Task
def test_round_trip(storage):
    storage.save([Task("a", tags=["x"])])
    assert storage.load() == [Task("a", tags=["x"])]
def test_empty(storage):
    assert storage.load() == []
# --- tests/test_cli.py
import subprocess, sys
import pytest
from app.cli import main
def test_main(tmp_path, capsys):
    assert main([str(tmp_path / "t.json"), "write"]) == 0
    assert capsys.readouterr().out == "[ ] write\n"
def test_usage(capsys):
    with pytest.raises(SystemExit):
        main([])
    assert "usage" in capsys.readouterr().err
def test_program(tmp_path):
    done = subprocess.run([sys.executable, "-m", "app.cli", str(tmp_path / "t"), "x"], capture_output=True, text=True)
    assert done.stdout == "[ ] x\n"
