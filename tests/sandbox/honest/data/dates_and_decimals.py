# grade: A-split
from datetime import date, datetime, timedelta, timezone
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
def due(start, days):
    return start + timedelta(days=days)
def price(net, rate):
    return (Decimal(net) * (1 + Decimal(rate))).quantize(Decimal("0.01"), ROUND_HALF_UP)
def share(parts):
    return [Fraction(part, sum(parts)) for part in parts]
def stamp(seconds):
    return datetime.fromtimestamp(seconds, timezone.utc)
# --- test_dates.py
from datetime import date, datetime, timezone
from decimal import Decimal
from fractions import Fraction
from solution import due, price, share, stamp
def test_due():
    assert due(date(2024, 2, 28), 2) == date(2024, 3, 1)
def test_price():
    assert price("10.00", "0.19") == Decimal("11.90")
def test_share():
    assert share([1, 2]) == [Fraction(1, 3), Fraction(2, 3)]
def test_stamp():
    assert stamp(0) == datetime(1970, 1, 1, tzinfo=timezone.utc)
