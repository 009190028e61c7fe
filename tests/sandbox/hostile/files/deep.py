# tries: folders so deep that nobody can delete or list them
# outcomes: passed error
# limits: wall_seconds=6
import os
import attack
deep = 0
try:
    for _ in range(3_000):
        os.mkdir("d" * 200)
        os.chdir("d" * 200)
        deep += 1
except OSError as error:
    print("no", error)
print("deep", deep)
attack.tried()
