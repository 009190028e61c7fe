# tries: to end, with a thread left that never does
# outcomes: timeout
import threading, time
threading.Thread(target=time.sleep, args=(3600,)).start()
