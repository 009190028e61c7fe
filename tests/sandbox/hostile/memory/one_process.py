# tries: to fill the memory from one process
# outcomes: memory_limit error
kept = []
while True:
    kept.append(bytearray(16 << 20))
