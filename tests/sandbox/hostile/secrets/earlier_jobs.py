# tries: to find the texts of other jobs in the memory that it has from the warm process
# outcomes: passed timeout
# times: 4
# limits: wall_seconds=8 cpu_seconds=8
import attack
import re
# Patterns that do not match themselves, since they are in this memory too.
WORDS = (b"neighbour[-]runs", b"@HALF@(?:)@OTHER_HALF@", b"def[ ]test_(?:total|label|evens)", b"total[(]num")
with open("/proc/self/maps") as maps, open("/proc/self/mem", "rb") as memory:
    for line in maps:
        low, high = (int(end, 16) for end in line.split()[0].split("-"))
        if "r" not in line.split()[1] or high - low > 64 << 20:
            continue
        try:
            memory.seek(low)
            content = memory.read(high - low)
        except (OSError, ValueError, OverflowError):
            continue
        for word in WORDS:
            if re.search(word, content):
                print("GOT", word[:5], line)
        del content
attack.tried()
