"""What the forging programs share: they have read our source, and know what a report looks like.

It lies beside the wrong solution in every forging job.
"""

import ast
import gc
import glob
import json
import os
import sys


def test_files():
    """The tests' files, where they can be seen."""
    return [path for path in glob.glob("/work/**/*.py", recursive=True) if os.path.basename(path).startswith("test")]


def ids():
    """Ids of the tests in these files, as reports have them."""
    found = []
    for path in test_files():
        name = os.path.relpath(path, "/work")
        tree = ast.parse(open(path).read())
        before = len(found)
        for node in tree.body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
                found.append(f"{name}::{node.name}")
            if isinstance(node, ast.ClassDef):
                tests = [each.name for each in node.body if getattr(each, "name", "").startswith("test")]
                found += [f"{name}::{node.name}::{test}" for test in tests]
        if len(found) == before:
            found.append(f"{name}::script")
    return found


def report(names=None, failed=()):
    """A report in which every test passed, but for those that are to fail."""
    names = ids() if names is None else names
    facts = {
        "collected": names,
        "outcomes": {name: "failed" if name in failed else "passed" for name in names},
        "failures": [[name, "AssertionError"] for name in failed],
        "errors": [],
        "memory": False,
        "apart": None,
        "ended": False,
        "complete": True,
    }
    return json.dumps({key: facts[key] for key in shape() if key in facts} if shape() else facts).encode() + b"\n"


def shape():
    """Names of the fields that the real report has, where it can be found."""
    for thing in found("Report"):
        if hasattr(thing, "__dataclass_fields__"):
            return list(thing.__dataclass_fields__)
    return []


def everywhere(content):
    """Write to every descriptor but the standard ones."""
    for place in range(3, 64):
        try:
            os.set_blocking(place, False)
            os.write(place, content)
        except OSError:
            pass


def finish(failed):
    """Report these tests as failed, all others as passed, and end the process as an honest run does."""
    everywhere(report(failed=failed))
    os._exit(0)


def around():
    """Everything that is near: collected objects, and what the frames above and their modules hold."""
    seen = {id(thing): thing for thing in gc.get_objects()}
    for frame in callers():
        for space in (frame.f_globals, frame.f_locals):
            for thing in list(space.values()):
                seen[id(thing)] = thing
                for inner in list(getattr(thing, "__dict__", {}).values()):
                    seen[id(inner)] = inner
    return list(seen.values())


def found(name):
    """Objects of classes by this name, and the classes themselves."""
    return [
        thing for thing in around() if type(thing).__name__ == name or (isinstance(thing, type) and thing.__name__ == name)
    ]


def callers():
    """The frames above, nearest first."""
    frame = sys._getframe(1)
    while frame is not None:
        yield frame
        frame = frame.f_back


def test_frame():
    """The frame of the test that called."""
    for frame in callers():
        if os.path.basename(frame.f_code.co_filename).startswith("test"):
            return frame
    return None


class Liar:
    """Equal to everything, true, and whatever else is wanted of it."""

    def __eq__(self, other):
        return True

    def __ne__(self, other):
        return False

    __lt__ = __le__ = __gt__ = __ge__ = __contains__ = __eq__

    def __hash__(self):
        return 0

    def __bool__(self):
        return True

    def __call__(self, *arguments, **named):
        return self

    def __iter__(self):
        return iter([self])

    def __len__(self):
        return 1

    def __getitem__(self, key):
        return self
