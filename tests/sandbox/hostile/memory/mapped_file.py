# tries: to grow by mapping holes of a huge sparse file and touching them
# outcomes: memory_limit error passed
# limits: memory_mb=256 wall_seconds=6
import mmap, os
import attack
def fill():
    for number in range(20):
        with open(f"hole{number}", "wb+") as file:
            file.truncate(64 << 20)
            block = mmap.mmap(file.fileno(), 64 << 20)
            for place in range(0, 64 << 20, 4096):
                block[place] = 1
    print("GOT 1280 MiB")
attack.apart(fill)
attack.tried()
