# grade: A-split
import re, unicodedata
def words(text):
    return re.findall(r"\w+", text.casefold())
def plain(text):
    return "".join(letter for letter in unicodedata.normalize("NFD", text) if not unicodedata.combining(letter))
def größe(wert):
    return f"{wert} €"
# --- test_text.py
from solution import größe, plain, words
def test_words():
    assert words("Straße, naïve 東京 😀!") == ["strasse", "naïve", "東京"]
def test_plain():
    assert plain("naïve Élan") == "naive Elan"
def test_name():
    assert größe(3) == "3 €"
def test_odd():
    assert words("\ud800a") == ["a"]
