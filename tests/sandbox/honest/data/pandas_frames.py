# grade: A-split
# packages: pandas
import pandas as pd
def totals(rows):
    frame = pd.DataFrame(rows, columns=["name", "amount"])
    return frame.groupby("name")["amount"].sum().to_dict()
def filled(values):
    return pd.Series(values).fillna(0).astype(int).tolist()
def table():
    return pd.DataFrame({"a": [1, 2], "b": ["x", "y"]})
# --- test_frames.py
from solution import filled, table, totals
def test_totals():
    assert totals([("a", 1), ("b", 2), ("a", 3)]) == {"a": 4, "b": 2}
def test_filled():
    assert filled([1.0, None, 3.0]) == [1, 0, 3]
def test_table():
    frame = table()
    assert frame.shape == (2, 2)
    assert list(frame.columns) == ["a", "b"]
    assert frame["a"].sum() == 3
