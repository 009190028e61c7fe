# grade: A-split
import csv, io, json, sqlite3, zipfile
def as_csv(rows):
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
def as_json(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True)
def total_by_name(rows):
    with sqlite3.connect(":memory:") as base:
        base.execute("create table sales (name text, amount real)")
        base.executemany("insert into sales values (?, ?)", rows)
        return dict(base.execute("select name, sum(amount) from sales group by name order by name"))
def zipped(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, text in files.items():
            archive.writestr(name, text)
    with zipfile.ZipFile(out) as archive:
        return sorted(archive.namelist())
# --- test_formats.py
from solution import as_csv, as_json, total_by_name, zipped
def test_csv():
    assert as_csv([["a", "b c"], [1, 'x"y']]) == 'a,b c\r\n1,"x""y"\r\n'
def test_json():
    assert as_json({"ü": [1, None], "a": True}) == '{"a": true, "ü": [1, null]}'
def test_sql():
    assert total_by_name([("b", 1.5), ("a", 2), ("b", 1)]) == {"a": 2.0, "b": 2.5}
def test_zip():
    assert zipped({"b": "2", "a": "1"}) == ["a", "b"]
