# tries: packages by the names of the test files
# --- test_functions/__init__.py
def test_total(): pass
# --- test_units/__init__.py
def test_total(): pass
# --- test_fixtures/__init__.py
def test_total(): pass
# --- test_script/__init__.py
assert True
