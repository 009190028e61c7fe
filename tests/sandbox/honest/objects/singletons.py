# grade: A-split
import weakref
class Settings:
    _only = None
    def __new__(cls):
        if cls._only is None:
            cls._only = super().__new__(cls)
            cls._only.values = {}
        return cls._only
class Node:
    def __init__(self, name, parent=None):
        self.name = name
        self.children = []
        self._parent = weakref.ref(parent) if parent else None
        if parent:
            parent.children.append(self)
    @property
    def parent(self):
        return self._parent() if self._parent else None
RATE = 0.19
NAMES = ("a", "b")
# --- test_settings.py
from solution import NAMES, RATE, Node, Settings
def test_only_one():
    Settings().values["a"] = 1
    assert Settings().values == {"a": 1}
def test_tree():
    root = Node("root")
    child = Node("child", root)
    assert child.parent.name == "root"
    assert [node.name for node in root.children] == ["child"]
    assert root.parent is None
def test_constants():
    assert RATE == 0.19
    assert NAMES == ("a", "b")
