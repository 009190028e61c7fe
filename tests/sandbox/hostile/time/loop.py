# tries: to run for ever
# outcomes: timeout
while True:
    pass
