# tries: output that breaks readers: bad UTF-8, NUL, escapes, a lone surrogate
# outcomes: passed
import os
os.write(1, b"\xff\xfe\x00\x1b[2J\x1b]0;title\x07\xed\xa0\x80\r\n")
os.write(2, bytes(range(256)))
print("TRIED")
