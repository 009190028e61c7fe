# grade: A-split
import socket, threading
def echo(text):
    with socket.create_server(("localhost", 8765)) as server:
        def serve():
            guest, _ = server.accept()
            with guest:
                guest.sendall(guest.recv(100).upper())
        threading.Thread(target=serve).start()
        with socket.create_connection(("localhost", 8765), timeout=3) as client:
            client.sendall(text.encode())
            return client.recv(100).decode()
# --- test_echo.py
from solution import echo
def test_echo():
    assert echo("abc") == "ABC"
