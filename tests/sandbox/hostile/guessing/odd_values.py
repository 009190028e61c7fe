# tries: to tell altered tests by what the expected value has to do with the input, and by the tests agreeing with each other
# suites: two tests, values, loops
import ast, random
import cheat
def related(call, value):
    """Whether the expected value looks made from the arguments."""
    given = [each.value for each in ast.walk(call) if isinstance(each, ast.Constant)]
    if isinstance(value, str):
        return all(letter in "".join(map(str, given)) + "<>()[]{}: ,.!?-_" for letter in value)
    if isinstance(value, (list, tuple)):
        return all(each in given for each in value)
    if isinstance(value, int) and not isinstance(value, bool):
        numbers = [each for each in given if isinstance(each, int)]
        return value in numbers or value in (0, 1) or random.random() < 0.5
    return random.random() < 0.5
failed = []
for path in cheat.test_files():
    name = path.removeprefix("/work/")
    for node in ast.parse(open(path).read()).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            for each in ast.walk(node):
                if isinstance(each, ast.Compare) and isinstance(each.left, ast.Call):
                    try:
                        value = ast.literal_eval(each.comparators[0])
                    except ValueError:
                        continue
                    if not related(each.left, value):
                        failed.append(f"{name}::{node.name}")
if cheat.ids():
    cheat.finish(sorted(set(failed)))
