# grade: A-split
class BankError(Exception):
    """Any trouble."""
class TooLittle(BankError):
    def __init__(self, needed, there):
        super().__init__(f"{needed} needed, {there} there")
        self.missing = needed - there
class Account:
    def __init__(self, amount=0):
        self.amount = amount
    def take(self, amount):
        if amount <= 0:
            raise ValueError("not positive")
        if amount > self.amount:
            raise TooLittle(amount, self.amount)
        self.amount -= amount
        return self.amount
# --- test_account.py
import pytest
import unittest
from solution import Account, BankError, TooLittle
def test_take():
    assert Account(10).take(4) == 6
def test_too_little():
    with pytest.raises(TooLittle) as caught:
        Account(1).take(5)
    assert caught.value.missing == 4
    assert "5 needed" in str(caught.value)
def test_base():
    with pytest.raises(BankError, match="1 there"):
        Account(1).take(2)
class Wrong(unittest.TestCase):
    def test_value(self):
        with self.assertRaises(ValueError):
            Account(1).take(0)
        with self.assertRaisesRegex(BankError, "needed"):
            Account().take(1)
