# grade: A-split
# --- shop/__init__.py
from shop.cart import Cart
from .pricing import discount
__all__ = ["Cart", "discount"]
__version__ = "1.0"
# --- shop/cart.py
from .pricing import total
from .errors import EmptyCart
class Cart:
    def __init__(self):
        self.prices = []
    def add(self, price):
        self.prices.append(price)
        return self
    def total(self):
        if not self.prices:
            raise EmptyCart("nothing here")
        return total(self.prices)
# --- shop/pricing.py
def total(prices):
    return sum(prices)
def discount(amount, percent=10):
    return amount * (100 - percent) / 100
# --- shop/errors.py
class EmptyCart(ValueError):
    pass
# --- tests/__init__.py
# --- tests/test_cart.py
import pytest
import shop
from shop import Cart, discount
from shop.errors import EmptyCart
def test_total():
    assert Cart().add(2).add(3).total() == 5
def test_empty():
    with pytest.raises(EmptyCart):
        Cart().total()
def test_value_error():
    with pytest.raises(ValueError, match="nothing"):
        Cart().total()
# --- tests/test_pricing.py
import shop.pricing as pricing
from shop.pricing import discount
def test_discount():
    assert discount(200) == 180
    assert discount(100, percent=50) == 50
def test_module():
    assert pricing.total([1, 2]) == 3
