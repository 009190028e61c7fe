# grade: A-split
import http.server, json, threading, urllib.request
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"path": self.path}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *arguments):
        pass
def ask(path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with urllib.request.urlopen(f"http://localhost:{server.server_port}{path}", timeout=3) as answer:
            return json.load(answer)
    finally:
        server.shutdown()
        server.server_close()
# --- test_ask.py
from solution import ask
def test_ask():
    assert ask("/hello") == {"path": "/hello"}
def test_again():
    assert ask("/") == {"path": "/"}
