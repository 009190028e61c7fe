# tries: to change functions of the sandbox's own modules, found by the frames above
import sys, types
import cheat
def nothing(*arguments, **named):
    return None
spaces = [frame.f_globals for frame in cheat.callers() if "synth" in str(frame.f_globals.get("__name__"))]
spaces += [vars(thing) for space in list(spaces) for thing in list(space.values()) if isinstance(thing, types.ModuleType) and "synth" in thing.__name__]
for space in spaces:
    for name, thing in list(space.items()):
        kinds = [thing] if isinstance(thing, types.FunctionType) else [each for each in vars(thing).values() if isinstance(each, types.FunctionType)] if isinstance(thing, type) and "synth" in thing.__module__ else []
        for function in kinds:
            if any(word in function.__name__.lower() for word in ("fail", "note", "error")):
                try:
                    function.__code__ = nothing.__code__
                except ValueError:
                    pass
