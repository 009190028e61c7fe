# tries: to hold a worker without using the processor
# outcomes: timeout
import time
while True:
    time.sleep(3600)
