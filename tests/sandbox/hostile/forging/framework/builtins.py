# tries: builtin functions that lie
import builtins
builtins.len = lambda thing: 0
builtins.sorted = lambda *arguments, **named: []
builtins.all = builtins.any = lambda thing: True
builtins.isinstance = lambda thing, kinds: True
builtins.sum = lambda *arguments: 6
builtins.abs = builtins.round = lambda *arguments: 0
builtins.repr = builtins.str = lambda *arguments: "same"
