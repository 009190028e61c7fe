"""What can be done to a tree: operations as frozen values that are shown, proposed, stored and applied.

Nodes are named by their id, which never changes its meaning. How each is applied: `edits`.
"""

from typing import Annotated, Literal

from pydantic import Field

from synth.records import Frozen

STATUSES: tuple[str, ...] = ("", "to review", "reviewed", "disputed")
"""What a person says about a feature; "" where nobody said anything."""

Node = Annotated[int, Field(ge=0)]
Count = Annotated[int, Field(ge=0)]
Estimate = Annotated[float, Field(ge=0, allow_inf_nan=False)]


class Add(Frozen):
    """A new feature below `parent` (0: a new category)."""

    kind: Literal["add"] = "add"
    parent: Node
    name: str
    observed: Count = 0
    estimated: Estimate | None = None
    before: Node | None = None
    """The sibling that it goes in front of; None: by name, or last where siblings have an order of their own."""


class AddMany(Frozen):
    """A pasted outline below `parent`; what is there already stays, and its counts do."""

    kind: Literal["add many"] = "add many"
    parent: Node
    outline: str


class Rename(Frozen):
    """Another name at the same place."""

    kind: Literal["rename"] = "rename"
    node: Node
    name: str


class Move(Frozen):
    """To another parent, with everything below."""

    kind: Literal["move"] = "move"
    node: Node
    parent: Node
    before: Node | None = None
    """The new sibling that it goes in front of; None: by name, or last where siblings have an order of their own."""


class Reorder(Frozen):
    """The children of `parent` in the order given; () = by name again."""

    kind: Literal["reorder"] = "reorder"
    parent: Node
    children: tuple[Node, ...]


class Merge(Frozen):
    """`sources` become part of `target`: counts add up, evidence is united, children of one name are merged in turn."""

    kind: Literal["merge"] = "merge"
    target: Node
    sources: tuple[Node, ...]


class Delete(Frozen):
    """Away with a feature and everything below it."""

    kind: Literal["delete"] = "delete"
    node: Node


class SetCount(Frozen):
    """Other counts; what is not given stays, and `clear_estimated` takes the estimate away."""

    kind: Literal["set count"] = "set count"
    node: Node
    observed: Count | None = None
    estimated: Estimate | None = None
    clear_estimated: bool = False


class Lock(Frozen):
    """Lock or unlock a feature; `below`: everything below it too."""

    kind: Literal["lock"] = "lock"
    node: Node
    locked: bool = True
    below: bool = False


class Note(Frozen):
    """What a person writes about a feature; "" takes it away."""

    kind: Literal["note"] = "note"
    node: Node
    text: str


class Status(Frozen):
    """What a person says about a feature: one of `STATUSES`."""

    kind: Literal["status"] = "status"
    node: Node
    status: str


Operation = Annotated[
    Add | AddMany | Rename | Move | Reorder | Merge | Delete | SetCount | Lock | Note | Status,
    Field(discriminator="kind"),
]


class Actor(Frozen):
    """Who changes the tree."""

    kind: Literal["person", "run", "engine", "import"] = "person"
    name: str = ""
    """A person's name, a run's id, an engine's name, a file's name."""

    def __str__(self) -> str:
        return f"{self.kind} {self.name}".strip()
