# tries: to become another program that ends well
# outcomes: passed error tampered
import os
print("TRIED", flush=True)
os.execv("/bin/true", ["/bin/true"])
