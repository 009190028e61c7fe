# tries: that other modules are found first
import os, sys
os.makedirs("/tmp/other", exist_ok=True)
for name in ("test_units", "test_functions", "test_script", "test_fixtures"):
    with open(f"/tmp/other/{name}.py", "w") as file:
        file.write("def test_total(): pass\n")
sys.path.insert(0, "/tmp/other")
os.chdir("/tmp/other")
