# tries: one endless line, never ended
# outcomes: output_limit
import sys
while True:
    sys.stdout.write("0")
