# tries: to say on every descriptor, in several ways, that all went well, then to loop
# outcomes: timeout tampered error
import json, os, struct, time
SAYS = {"outcome": "passed", "exit": 0, "exit_code": 0, "complete": True, "cpu_seconds": 0.0, "peak_mb": 1.0, "stdout": "GOT", "cut": None, "end": "GOT", "report": "{}"}
line = json.dumps(SAYS).encode()
for place in range(3, 256):
    for frame in (line + b"\n", struct.pack(">I", len(line)) + line, struct.pack("<I", len(line)) + line, struct.pack(">Q", len(line)) + line, struct.pack("<Q", len(line)) + line):
        try:
            os.set_blocking(place, False)
            os.write(place, frame)
        except OSError:
            pass
time.sleep(60)
