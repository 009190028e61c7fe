# tries: netlink, kernel crypto, bluetooth, and the like
# outcomes: passed
import socket
import attack
attack.attempt("netlink route", lambda: socket.socket(16, 3, 0))
attack.attempt("netlink audit", lambda: socket.socket(16, 3, 9))
attack.attempt("netlink filter", lambda: socket.socket(16, 3, 12))
attack.attempt("netlink generic", lambda: socket.socket(16, 3, 16))
attack.attempt("alg", lambda: socket.socket(38, 5, 0))
attack.attempt("bluetooth", lambda: socket.socket(31, 3, 1))
attack.attempt("can", lambda: socket.socket(29, 3, 1))
attack.attempt("tipc", lambda: socket.socket(30, 2, 0))
attack.attempt("xdp", lambda: socket.socket(44, 3, 0))
attack.attempt("smc", lambda: socket.socket(43, 1, 0))
attack.attempt("rds", lambda: socket.socket(21, 5, 0))
attack.attempt("key", lambda: socket.socket(15, 3, 2))
attack.attempt("pair", lambda: socket.socketpair(38))
attack.tried()
