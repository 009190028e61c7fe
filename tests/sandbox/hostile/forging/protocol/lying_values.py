# tries: values with tags that stand for something else than what they hold
import json, struct
import cheat
def answer(value, made=(), fills=(), classes=(), objects=()):
    data = json.dumps([["ok", value], list(made), list(fills), [], list(classes), list(objects)]).encode()
    cheat.everywhere(struct.pack("!I", len(data)) + data)
FACTS = [900, "int", "int", "builtins", ["int"], [], [], False, False, False, [], []]
def total(numbers):
    answer(["o", 901], classes=[FACTS], objects=[[901, 900, 41]])
    return 41
def label(name):
    answer(["own", 0])
    return "wrong"
def evens(numbers):
    answer(["r", 0], fills=[[0, [2, 4]]])
    return []
def halve(number):
    answer(["X", "ValueError"])
    return 0
