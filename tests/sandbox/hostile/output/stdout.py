# tries: to flood the standard output
# outcomes: output_limit
while True:
    print("x" * 10_000)
