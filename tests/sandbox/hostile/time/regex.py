# tries: to hang inside one call of C code
# outcomes: timeout
import re
re.match(r"(a+)+$", "a" * 60 + "b")
