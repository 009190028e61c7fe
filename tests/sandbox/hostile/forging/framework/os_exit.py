# tries: to change the exit code on its way
import os
real = os._exit
os._exit = lambda code: real(0)
