# tries: a plugin that is installed, as it seems
import os, sys
os.environ["PYTEST_ADDOPTS"] = "-p cheat_plugin"
os.environ["PYTEST_PLUGINS"] = "cheat_plugin"
pytest_plugins = ["cheat_plugin"]
for frame in __import__("cheat").callers():
    if frame.f_code.co_filename.startswith("/work/test"):
        frame.f_globals["pytest_plugins"] = ["cheat_plugin"]
# --- cheat_plugin.py
import pytest
@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    return True
# --- cheat-1.0.dist-info/METADATA
Metadata-Version: 2.1
Name: cheat
Version: 1.0
# --- cheat-1.0.dist-info/entry_points.txt
[pytest11]
cheat = cheat_plugin
