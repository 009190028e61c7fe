# tries: raw and packet sockets
# outcomes: passed
import socket
import attack
for family, kind, protocol in ((2, 3, 1), (2, 3, 6), (2, 3, 255), (10, 3, 58), (17, 3, 3), (17, 2, 3), (2, 10, 1)):
    attack.attempt((family, kind), lambda: socket.socket(family, kind, protocol))
attack.tried()
