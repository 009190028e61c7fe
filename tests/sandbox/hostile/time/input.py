# tries: to wait for input for ever
# outcomes: timeout error passed
import sys, time
sys.stdin.read()
