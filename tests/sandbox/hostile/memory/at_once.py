# tries: to ask for everything in one piece
# outcomes: memory_limit error
x = bytearray(1 << 40)
