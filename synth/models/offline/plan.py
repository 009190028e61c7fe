"""The plan of a program: which blocks with which constants, how they are joined, and in which files.

Composing makes a plan, describing turns it into a question's text, reading recovers it from such a text.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from synth.models.offline.blocks import Flaw, Params
from synth.models.offline.joins import Joined, OwnError, Use, render_join
from synth.models.offline.shelf import Module, Shelf

ERRORS = "errors"
"""Name of the module of shared exceptions."""


@dataclass(frozen=True, slots=True)
class Part:
    """A block and its constants."""

    name: str
    params: Params


@dataclass(frozen=True, slots=True)
class Join:
    """A function that combines parts, or an earlier join."""

    kind: str
    module: str
    function: str
    uses: tuple[str, ...]
    """Names of the functions it calls, in order."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a program consists of."""

    parts: tuple[Part, ...]
    joins: tuple[Join, ...] = ()
    module: str | None = None
    """The one module that holds everything; None where each part and join has a module of its own."""
    errors: bool = False
    """Whether joins raise exceptions of their own, from the module `errors`."""

    @property
    def functions(self) -> tuple[str, ...]:
        """Names of all entry functions, parts first."""
        return (*(part.name for part in self.parts), *(join.function for join in self.joins))


class Program:
    """A plan with its blocks and joiners rendered: every piece of code, apart."""

    def __init__(self, plan: Plan, shelf: Shelf) -> None:
        self.plan = plan
        self.shelf = shelf

    @cached_property
    def modules(self) -> dict[str, Module]:
        """The rendered blocks by name, in the plan's order."""
        return {part.name: self.shelf.build(part.name, part.params) for part in self.plan.parts}

    @cached_property
    def joined(self) -> dict[str, Joined]:
        """The rendered joins by function name, in the plan's order."""
        homes = {join.function: join.module for join in self.plan.joins}
        return {
            join.function: render_join(
                self.shelf.joiners[join.kind],
                join.function,
                [Use(homes.get(name, name), name) for name in join.uses],
                self.plan.errors,
            )
            for join in self.plan.joins
        }

    @cached_property
    def pieces(self) -> dict[str, str]:
        """Correct code of each entry function's own module, by function name."""
        blocks = {name: module.code for name, module in self.modules.items()}
        return {**blocks, **{function: joined.code for function, joined in self.joined.items()}}

    def flaws(self, function: str) -> tuple[Flaw, ...]:
        """The mistakes known for one entry function."""
        return self.modules[function].flaws if function in self.modules else self.joined[function].flaws

    def home(self, function: str) -> str:
        """Name of the module that a function is in."""
        if self.plan.module:
            return self.plan.module
        return next((join.module for join in self.plan.joins if join.function == function), function)

    def sources(self, pieces: Mapping[str, str] | None = None) -> dict[str, str]:
        """One module for each piece, and the errors module: module name -> code."""
        pieces = pieces or self.pieces
        homes = {join.function: join.module for join in self.plan.joins}
        sources = {homes.get(function, function): code for function, code in pieces.items()}
        return {ERRORS: self.errors_code(), **sources} if self.plan.errors else sources

    @property
    def own_errors(self) -> tuple[OwnError, ...]:
        """The exception classes of the module `errors`, each once."""
        if not self.plan.errors:
            return ()
        kinds = (self.shelf.joiners[join.kind].error for join in self.plan.joins)
        return tuple(dict.fromkeys(error for error in kinds if error))

    def errors_code(self) -> str:
        """The module of shared exceptions."""
        lines = ['"""Exceptions that the other modules raise."""']
        for error in self.own_errors:
            lines.append(f'\n\nclass {error.name}({error.base}):\n    """{error.meaning}"""')
        return "\n".join(lines) + "\n"
