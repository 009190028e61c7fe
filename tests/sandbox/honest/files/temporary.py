# grade: A-split
import os, tempfile
from pathlib import Path
def round_trip(text):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "a", "b.txt")
        path.parent.mkdir()
        path.write_text(text, encoding="utf-8")
        os.rename(path, path.with_suffix(".md"))
        return path.with_suffix(".md").read_text(encoding="utf-8")
def beside():
    path = Path(__file__).with_name("data.txt")
    path.write_text("beside")
    return Path("data.txt").read_text()
# --- test_files.py
from solution import beside, round_trip
def test_round_trip():
    assert round_trip("größe\n") == "größe\n"
def test_beside():
    assert beside() == "beside"
