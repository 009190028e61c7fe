# grade: A-split
import os, socket, tempfile
def through_file(data):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "s")
        with socket.socket(socket.AF_UNIX) as server:
            server.bind(path)
            server.listen()
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(path)
                client.sendall(data)
                guest, _ = server.accept()
                with guest:
                    return guest.recv(100)
def through_pair(data):
    left, right = socket.socketpair()
    with left, right:
        left.sendall(data)
        return right.recv(100)
# --- test_through.py
from solution import through_file, through_pair
def test_file():
    assert through_file(b"x") == b"x"
def test_pair():
    assert through_pair(b"yz") == b"yz"
