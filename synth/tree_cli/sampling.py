"""Drawing, planning and computing draws: subtrees, plan, what-if."""

import argparse
import json
import secrets
import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from math import isfinite
from pathlib import Path
from typing import IO, TYPE_CHECKING

from pydantic import ValidationError

from synth.errors import BadInput
from synth.records import FeaturePath
from synth.settings import SampleConfig
from synth.tree_cli.shared import bar, node_of, opened, path_of, whole
from synth.workspace.views import written

if TYPE_CHECKING:
    from synth.commands import Register
    from synth.workspace import Workspace

_EVERY = 1_000
_TEMPERATURE = "any number but 0; several are used in turn; one below 0 needs the equals sign: --temperature=-2"


def add(tree: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    subtrees = register(tree, "subtrees", _subtrees, "draw subtrees (EpiCoder, Equation 1 and Algorithm 1)")
    _shape_options(subtrees)
    subtrees.add_argument("--count", type=whole, default=10, metavar="N")
    subtrees.add_argument("--seed", type=int, default=7, metavar="S")
    subtrees.add_argument("--mandatory", type=whole, default=0, metavar="N", help="leaves that a task must use")
    subtrees.add_argument("--out", type=Path, metavar="FILE", help="JSON lines; default: the terminal")
    subtrees.add_argument("--overwrite", action="store_true", help="replace an existing file")
    what_if = register(tree, "what-if", _what_if, "compute what draws would give, without drawing")
    _shape_options(what_if)
    what_if.add_argument("--draws", type=whole, default=1_000, metavar="N")
    what_if.add_argument("--top", type=whole, default=20, metavar="N", help="features shown; default: the 20 likeliest")
    what_if.add_argument("--out", type=Path, metavar="FILE", help="the chance of every feature, as JSON lines")
    what_if.add_argument("--overwrite", action="store_true", help="replace an existing file")
    what_if.add_argument("--json", action="store_true")
    plan = register(tree, "plan", _plan, "cover leaves or pairs of features with as few subtrees as can be")
    _shape_options(plan)
    plan.add_argument("--below", metavar="PATH", help="cover the leaves below this feature; default: all")
    plan.add_argument("--times", type=whole, default=1, metavar="K", help="how often each leaf; default: 1")
    plan.add_argument("--pairs", nargs="+", metavar="PATH", help="cover every two of these features together instead")
    plan.add_argument("--out", type=Path, metavar="FILE", help="JSON lines; default: the terminal")
    plan.add_argument("--overwrite", action="store_true", help="replace an existing file")


def _shape_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--shape", default="5,2,1,1", metavar="W,W,...", help="children on each level; default: 5,2,1,1"
    )
    parser.add_argument("--temperature", default="1", metavar="T,...", help=_TEMPERATURE)
    parser.add_argument("--fixed", action="append", default=[], metavar="PATH", help="in every subtree; repeatable")
    parser.add_argument("--exclude", action="append", default=[], metavar="PATH", help="in none; repeatable")
    parser.add_argument("--boost", action="append", default=[], metavar="CATEGORY=FACTOR", help="repeatable")
    parser.add_argument("--distinct", action="store_true", help="without replacement, so that levels are full")
    pair = {"action": "append", "nargs": 2, "default": [], "metavar": "PATH"}
    parser.add_argument("--never", **pair, help="two features that come in no subtree together; repeatable")  # type: ignore[arg-type]
    parser.add_argument("--only-with", **pair, help="the first only together with the second; repeatable")  # type: ignore[arg-type]


def _sample(workspace: "Workspace", options: argparse.Namespace) -> SampleConfig:
    """The shape that the options describe. Raises `BadInput` that names the option."""

    def paths(texts: Iterable[str]) -> tuple[FeaturePath, ...]:
        return tuple(path_of(workspace, text) for text in texts)

    def pairs(texts: Iterable[tuple[str, str]]) -> tuple[tuple[FeaturePath, FeaturePath], ...]:
        return tuple((path_of(workspace, one), path_of(workspace, other)) for one, other in texts)

    boosts = {}
    for text in options.boost:
        name, _, factor = text.rpartition("=")
        if not name:
            raise BadInput(f"--boost: `{text}` is not of the form CATEGORY=FACTOR, such as workflow=2.")
        boosts[name] = _number("--boost", factor)
    try:
        return SampleConfig(
            widths=tuple(_width(text) for text in options.shape.split(",")),
            temperatures=tuple(_number("--temperature", text) for text in options.temperature.split(",")),
            mandatory=getattr(options, "mandatory", 0),
            fixed=paths(options.fixed),
            excluded=paths(options.exclude),
            boosts=boosts,
            distinct=options.distinct,
            never=pairs(options.never),
            only_with=pairs(options.only_with),
        )
    except ValidationError as error:
        problem = error.errors()[0]
        option = {"widths": "shape", "temperatures": "temperature", "boosts": "boost"}.get(str(problem["loc"][0]), "")
        message = problem["msg"].removeprefix("Value error, ")
        raise BadInput(f"--{option}: {message}, got {problem['input']!r}.") from error


def _width(text: str) -> int:
    if not text.strip().isdecimal() or len(text) > 9:
        raise BadInput(f"--shape: `{text}` is no width; give whole numbers above 0 with commas, such as 5,2,1,1.")
    return int(text)


def _number(option: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise BadInput(f"{option}: `{text}` is no number.") from None


@contextmanager
def _written(path: Path | None, *, overwrite: bool) -> Iterator[IO[str]]:
    """Where lines go: the terminal, or a file that is complete or not there."""
    if path is None:
        yield sys.stdout
        return
    _check_free(path, overwrite=overwrite)
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("w", encoding="utf-8") as file:
            yield file
        draft.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}.") from error
    finally:
        draft.unlink(missing_ok=True)


def _check_free(path: Path | None, *, overwrite: bool) -> None:
    if path is not None and path.is_dir():
        raise BadInput(f"{path} is a folder; give the name of a file.")
    if path is not None and path.exists() and not overwrite:
        raise BadInput(f"{path} exists already; choose another file or give --overwrite.")


def _subtrees(options: argparse.Namespace) -> int:
    with opened(options) as workspace, bar("drawing") as told:
        sample = _sample(workspace, options)
        drawn = workspace.views.draws(sample, options.count, options.seed)
        with _written(options.out, overwrite=options.overwrite) as out:
            for number, subtree in enumerate(drawn, start=1):
                values = {
                    "draw": subtree.draw,
                    "seed": subtree.seed,
                    "temperature": subtree.temperature if isfinite(subtree.temperature) else str(subtree.temperature),
                    "features": subtree.features,
                    "mandatory": subtree.mandatory,
                }
                out.write(json.dumps(values, ensure_ascii=False) + "\n")
                if options.out and number % _EVERY == 0:
                    told(number, options.count)
    if options.out:
        print(f"{options.count:,} subtrees in {options.out}")
    return 0


def _what_if(options: argparse.Namespace) -> int:
    _check_free(options.out, overwrite=options.overwrite)
    with opened(options) as workspace:
        sample = _sample(workspace, options)
        if len(sample.temperatures) > 1:
            raise BadInput("--temperature: what-if computes for one temperature at a time; give one.")
        found = workspace.views.what_if(sample, sample.temperatures[0], options.draws)
        tree = workspace.tree()
        order = (-found.marginal).argsort(kind="stable")
        likeliest = [node for node in order[: options.top].tolist() if found.marginal[node] > 0]
        shown = [(tree.path(node), float(found.marginal[node])) for node in likeliest]
        if options.out:
            with _written(options.out, overwrite=options.overwrite) as out:
                for node in tree.nodes():
                    row = {"path": tree.path(node), "probability": float(found.marginal[node])}
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
    values = {
        "draws": found.draws,
        "expected_features_a_draw": found.expected_nodes,
        "expected_leaves_a_draw": found.expected_leaves,
        "reachable_leaves": found.reachable,
        "expected_distinct_leaves": found.expected_distinct_leaves,
        "expected_distinct_features": found.expected_distinct_nodes,
        "probability_that_two_draws_are_equal": found.same,
        "expected_pairs_of_equal_draws": found.expected_equal_pairs,
        "expected_repeats_at_most": found.repeats_at_most,
        "rules_ignored": found.rules_ignored,
    }
    if options.json:
        print(
            json.dumps(
                {**values, "likeliest": [{"path": path, "probability": p} for path, p in shown]}, ensure_ascii=False
            )
        )
        return 0
    for name, value in values.items():
        if name != "rules_ignored":
            print(f"{name.replace('_', ' '):<40} {'not computed' if value is None else f'{value:,.6g}'}")
    if found.rules_ignored:
        print("the rules are not counted in these numbers.", file=sys.stderr)
    for path, chance in shown:
        print(f"{chance:8.4f}  {written(path)}")
    return 0


def _plan(options: argparse.Namespace) -> int:
    if options.pairs and (options.below or options.times != 1):
        raise BadInput("--pairs covers the features it names; leave out --below and --times.")
    _check_free(options.out, overwrite=options.overwrite)
    with opened(options) as workspace, bar("packing") as told:
        sample = _sample(workspace, options)
        if options.pairs:
            features = list(dict.fromkeys(path_of(workspace, text) for text in options.pairs))
            if len(features) < 2:
                raise BadInput("--pairs needs two different features or more; name another one.")
            plan = workspace.views.cover_pairs(sample, features, told)
        else:
            below = node_of(workspace, options.below)
            plan = workspace.views.cover_leaves(sample, below, options.times, told)
    with _written(options.out, overwrite=options.overwrite) as out:
        for number, features_ in enumerate(plan.subtrees):
            out.write(json.dumps({"subtree": number, "features": features_}, ensure_ascii=False) + "\n")
    summary = f"{len(plan.subtrees):,} subtrees; no plan has fewer than {plan.lower_bound:,}"
    print(summary + (f", in {options.out}" if options.out else ""), file=sys.stdout if options.out else sys.stderr)
    for reason, count, example in plan.unreachable:
        print(f"  not covered: {count:,}, {reason}; for example {written(example)}", file=sys.stderr)
    return 0
