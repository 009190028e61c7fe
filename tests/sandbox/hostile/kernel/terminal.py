# tries: to type into the terminal that started everything
# outcomes: passed
import fcntl, os, termios
import attack
def type_in(place):
    for letter in b"touch /tmp/typed\n":
        fcntl.ioctl(place, termios.TIOCSTI, bytes([letter]))
    return True
for place in (0, 1, 2):
    attack.attempt(place, lambda: type_in(place))
    attack.attempt(place, lambda: fcntl.ioctl(place, 0x541C, bytes([2, 0])) is not None)
attack.attempt("/dev/tty", lambda: type_in(os.open("/dev/tty", os.O_RDWR)))
def own():
    leader, follower = os.openpty()
    fcntl.ioctl(follower, termios.TIOCSTI, b"x")
    return True
attack.attempt("own", own)
attack.tried()
