import sqlite3
from contextlib import closing
class Store:
    def __init__(self, path):
        self.path = path
        with closing(sqlite3.connect(path)) as base, base:
            base.execute("create table if not exists notes (id integer primary key, text text)")
    def add(self, text):
        with closing(sqlite3.connect(self.path)) as base, base:
            return base.execute("insert into notes (text) values (?)", (text,)).lastrowid
    def all(self):
        with closing(sqlite3.connect(self.path)) as base:
            return [row[0] for row in base.execute("select text from notes order by id")]
# --- test_store.py
import pytest
from solution import Store
@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "notes.db")
def test_add(store):
    assert store.add("a") == 1
    assert store.add("b") == 2
    assert store.all() == ["a", "b"]
def test_empty(store):
    assert store.all() == []
