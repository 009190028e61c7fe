# tries: to flood every descriptor it was given
# outcomes: passed error output_limit timeout tampered
import os
print("TRIED", flush=True)
for place in range(3, 256):
    try:
        os.set_blocking(place, False)
        for _ in range(2000):
            os.write(place, b'{"complete": true}\n' * 3000)
    except OSError:
        pass
