# grade: A-split
import subprocess, sys
def evaluate(text):
    done = subprocess.run([sys.executable, "-c", f"print({text})"], capture_output=True, text=True, check=True)
    return done.stdout.strip()
def shell(command):
    return subprocess.check_output(command, shell=True, text=True)
# --- test_evaluate.py
from solution import evaluate, shell
def test_evaluate():
    assert evaluate("1 + 1") == "2"
def test_shell():
    assert shell("echo hello | tr a-z A-Z") == "HELLO\n"
