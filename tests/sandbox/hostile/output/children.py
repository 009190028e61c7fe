# tries: to flood from children, while the parent waits
# outcomes: output_limit
import os
import attack
def flood(number):
    while True:
        os.write(1 + number % 2, b"\0" * 65536)
for child in attack.workers(6, flood):
    os.waitpid(child, 0)
