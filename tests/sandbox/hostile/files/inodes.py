# tries: to use up the inodes with empty files
# outcomes: passed
# limits: wall_seconds=6
import attack
made = 0
try:
    for number in range(20_000):
        open(f"f{number}", "w").close()
        made += 1
except OSError as error:
    print("no", error)
print("GOT" if made > 4200 else "made", made)
attack.tried()
