# tries: to hang in one arithmetic operation
# outcomes: timeout
x = 9 ** (9 ** 8)
print(str(x)[:1]) if x < 0 else (x * x * x * x)
while True:
    x = x * x % (10 ** 4000 + 7) + 1
