import urllib.request
def fetch(url):
    with urllib.request.urlopen(url) as answer:
        return answer.read().decode()
def title(url):
    text = fetch(url)
    return text.split("<title>")[1].split("</title>")[0]
# --- test_title.py
from unittest import mock
from unittest.mock import patch
import solution
@patch("solution.fetch")
def test_title(fetch):
    fetch.return_value = "<title>Hello</title>"
    assert solution.title("http://example.org") == "Hello"
    fetch.assert_called_once_with("http://example.org")
def test_open():
    with mock.patch("urllib.request.urlopen") as opened:
        opened.return_value.__enter__.return_value.read.return_value = b"body"
        assert solution.fetch("http://example.org") == "body"
