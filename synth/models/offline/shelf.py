"""The shelf: every block and joiner of the engine, rendered with its constants and remembered.

What is remembered follows from the files alone, so a new process answers as the old one did.
"""

import ast
import json
from dataclasses import dataclass
from pathlib import Path

from synth.errors import BadInput
from synth.models.offline.blocks import Block, Case, Flaw, Params, fill, load_blocks
from synth.models.offline.joins import Joiner, load_joiners
from synth.models.offline.run import Seen, observe_calls


@dataclass(frozen=True, slots=True)
class Module:
    """A block with its constants filled in."""

    block: Block
    params: Params
    code: str
    requirements: str
    flaws: tuple[Flaw, ...]
    seen: tuple[Seen, ...]
    """What each case gives."""
    signature: str
    """For example `rolling_mean(values: Sequence[float]) -> list[float]`."""
    names: tuple[str, ...]
    """Everything the module defines at its top level."""
    inputs: tuple[str, ...]
    """Expressions that the entry function takes as its only argument and gives a value for."""
    refused: tuple[str, ...]
    """Expressions that it takes as its only argument and raises for."""

    @property
    def name(self) -> str:
        """Name of the block, of its entry function and of its file."""
        return self.block.name


class Shelf:
    """Blocks and joiners by name; `build` renders."""

    def __init__(self, blocks: Path, joiners: Path) -> None:
        self.blocks: dict[str, Block] = {block.name: block for block in load_blocks(blocks)}
        self.joiners: dict[str, Joiner] = {joiner.name: joiner for joiner in load_joiners(joiners)}
        self._folder = blocks
        self._built: dict[str, Module] = {}

    def build(self, name: str, params: Params) -> Module:
        """The block with `params`. Raises `BadInput` where a case does not do what it says."""
        key = f"{name} {json.dumps(dict(params), sort_keys=True)}"
        if key not in self._built:
            self._built[key] = _build(self.blocks[name], params, self._folder / f"{name}.yaml")
        return self._built[key]

    def rarity(self, name: str) -> float:
        """Above 0 to 1: high where few blocks share this one's categories."""
        shares = [
            sum(category in other.categories for other in self.blocks.values())
            for category in self.blocks[name].categories
        ]
        return sum(1 / share for share in shares) / len(shares)


def _build(block: Block, params: Params, file: Path) -> Module:
    code = fill(block.code, params)
    cases = [Case(call=fill(case.call, params), raises=case.raises) for case in block.cases]
    seen = observe_calls({block.name: code}, [case.call for case in cases])
    for number, (case, what) in enumerate(zip(cases, seen, strict=True)):
        if case.raises != what.raises or (what.raises is None and what.value is None):
            gave = what.raises or what.value or "no literal"
            raise BadInput(f"{file}: `cases.{number}`: wanted {case.raises or 'a value'}, got {gave} with {params}.")
    tree = ast.parse(code)
    entry = next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == block.name)
    single = [(what, _only_argument(what.call, block.name)) for what in seen]
    return Module(
        block=block,
        params=params,
        code=code,
        requirements=fill(block.requirements, params).strip(),
        flaws=tuple(Flaw(kind=f.kind, find=fill(f.find, params), replace=fill(f.replace, params)) for f in block.flaws),
        seen=tuple(seen),
        signature=signature_of(entry),
        names=top_names(tree),
        inputs=tuple(argument for what, argument in single if argument and what.raises is None),
        refused=tuple(argument for what, argument in single if argument and what.raises is not None),
    )


def signature_of(function: ast.FunctionDef) -> str:
    """Name, arguments and result as the definition writes them."""
    result = f" -> {ast.unparse(function.returns)}" if function.returns else ""
    return f"{function.name}({ast.unparse(function.args)}){result}"


def top_names(tree: ast.Module) -> tuple[str, ...]:
    """Names that functions, classes and assignments bind at the top level, in order."""
    names: list[str] = []
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef):
            names.append(node.name)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names += [target.id for target in targets if isinstance(target, ast.Name)]
    return tuple(names)


def _only_argument(call: str, function: str) -> str:
    node = ast.parse(call, mode="eval").body
    if not isinstance(node, ast.Call) or node.keywords or len(node.args) != 1:
        return ""
    is_entry = isinstance(node.func, ast.Name) and node.func.id == function
    return ast.unparse(node.args[0]) if is_entry and not isinstance(node.args[0], ast.Starred) else ""
