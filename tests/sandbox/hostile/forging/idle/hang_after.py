# tries: to hang once the tests are done
import atexit, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
