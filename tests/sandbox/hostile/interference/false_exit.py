# tries: to look like a success, by a clean exit in the middle of a failure
# outcomes: error
raise SystemExit("this is not zero")
