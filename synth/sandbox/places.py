"""Which statements of a test file matter where it is judged apart: not those that say where the solution lies."""

import ast

from synth.sandbox.inside.scripts import is_script
from synth.sandbox.source import Source, dotted, is_main_guard

_PLACES = frozenset({"Path", "__file__", "os", "pathlib", "str", "sys"})
"""Names by which a place is told."""


def judged_nodes(source: Source) -> list[ast.AST]:
    """Every node but what only a main program runs, and but statements that say where the solution lies.

    Parents come before children.
    """
    script = is_script(source.nodes)
    places = _place_names(source.tree)
    statements = [node for node in source.nodes if isinstance(node, ast.Expr | ast.If | ast.Assign)]
    left_out = {node for node in statements if _is_path_statement(node, places) or (not script and is_main_guard(node))}
    if not left_out:
        return source.nodes
    waiting: list[ast.AST] = [source.tree]
    for node in waiting:
        waiting.extend(child for child in ast.iter_child_nodes(node) if child not in left_out)
    return waiting


def _is_path_statement(node: ast.AST, places: frozenset[str]) -> bool:
    """Whether it is like `sys.path.insert(0, os.path.dirname(__file__))`: apart, imports do not go by the path."""
    match node:
        case ast.Expr(value=ast.Call(func=function, args=arguments)):
            is_path = dotted(function) in ("sys.path.insert", "sys.path.append")
            return is_path and all(_names_in(argument) <= places for argument in arguments)
        case ast.If(test=ast.Compare() as test, body=body, orelse=[]):
            return _names_in(test) <= places and all(_is_path_statement(one, places) for one in body)
        case ast.Assign(targets=[ast.Name(id=name)]):
            return name in places - _PLACES
    return False


def _place_names(tree: ast.Module) -> frozenset[str]:
    """Names for where the tests lie, such as `ROOT = Path(__file__).parent`, where they serve for the path only."""
    places = _PLACES
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value) if _names_in(value) <= places:
                places |= {name} if not _names_in(value).isdisjoint({"__file__", *(places - _PLACES)}) else set()
    if places == _PLACES:
        return places
    others = [node for node in tree.body if not _is_path_statement(node, places)]
    return _PLACES if any(_names_in(node) & (places - _PLACES) for node in others) else places


def _names_in(node: ast.AST) -> set[str]:
    return {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
