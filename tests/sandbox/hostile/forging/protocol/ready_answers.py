# tries: to send answers before it is asked
import json, socket, struct
import cheat
def frames(*messages):
    return b"".join(struct.pack("!I", len(data)) + data for data in (json.dumps(message).encode() for message in messages))
for value in (True, 6, "<ab>", ["r", 1], None):
    cheat.everywhere(frames([["ok", value], [], [], [], [], []]) * 5)
