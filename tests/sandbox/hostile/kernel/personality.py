# tries: to switch off address randomisation or set an odd personality, for later exploits
# outcomes: passed
import attack
attack.calls(("personality", 0x0040000), ("personality", 0x0400000), ("personality", 0x0100000))
attack.tried()
