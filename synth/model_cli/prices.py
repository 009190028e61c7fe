"""`synth prices`: what models take for their tokens: the shipped list, and a workspace's own before it."""

import argparse
import json
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from synth.errors import BadInput, NotFound
from synth.prices import currency, shipped
from synth.settings import Price
from synth.workspace.settings import read_settings, write_settings

if TYPE_CHECKING:
    from synth.commands import Register


def add(commands: "argparse._SubParsersAction[argparse.ArgumentParser]", register: "Register") -> None:
    """Add the commands."""
    group = commands.add_parser("prices", help="what models take for their tokens").add_subparsers(
        required=True, metavar="WHAT"
    )
    register(group, "list", _list, "list prices, own ones first").add_argument("--json", action="store_true")
    put = register(group, "set", _set, "keep the price of a model; it goes before the shipped one")
    put.add_argument("model")
    put.add_argument("--input", type=_amount, required=True, metavar="MONEY", help="for a million tokens sent")
    put.add_argument("--output", type=_amount, required=True, metavar="MONEY", help="for a million tokens written")
    put.add_argument("--cached-input", type=_amount, metavar="MONEY", help="for input read before; default: as other")
    put.add_argument("--batch-discount", type=_share, default=0.5, metavar="SHARE", help="0 to 1, default 0.5")
    register(group, "remove", _remove, "forget a workspace's own price").add_argument("model")


def _list(options: argparse.Namespace) -> int:
    own = read_settings(options.workspace).prices
    rows = [(model, price, "own", "") for model, price in sorted(own.items())]
    rows += [(model, one.price, one.vendor, one.as_of) for model, one in shipped().items() if model not in own]
    if options.json:
        for model, price, source, as_of in rows:
            print(json.dumps({"model": model, **price.model_dump(), "from": source, "as_of": as_of}))
        return 0
    table = Table(title=f"{currency()} for a million tokens", title_justify="left", box=None, pad_edge=False)
    for column in ("model", "input", "cached input", "output", "batch saves", "from", "as of"):
        table.add_column(column, justify="left" if column in ("model", "from", "as of") else "right")
    for model, price, source, as_of in rows:
        cached = price.input if price.cached_input is None else price.cached_input
        numbers = (f"{price.input:g}", f"{cached:g}", f"{price.output:g}", f"{price.batch_discount:.0%}")
        table.add_row(model, *numbers, source, as_of)
    Console().print(table)
    for source in sorted({one.source for one in shipped().values()}):
        print(f"  {source}")
    print("Prices change: check them before you rely on them. A model that is not listed has no known price.")
    return 0


def _set(options: argparse.Namespace) -> int:
    model = options.model.strip()
    if not model or not model.isprintable():
        raise BadInput("a model has a name; give it as the config says it.")
    settings = read_settings(options.workspace)
    price = Price(
        input=options.input,
        output=options.output,
        cached_input=options.cached_input,
        batch_discount=options.batch_discount,
    )
    _write(options.workspace, settings.model_copy(update={"prices": settings.prices | {model: price}}).prices)
    print(f"{model}: {price.input:g} in, {price.output:g} out for a million tokens")
    return 0


def _remove(options: argparse.Namespace) -> int:
    prices = dict(read_settings(options.workspace).prices)
    if options.model not in prices:
        known = ", ".join(f"`{model}`" for model in sorted(prices)) or "none yet"
        raise NotFound(f"no own price for `{options.model}` in this workspace; those there are: {known}.")
    del prices[options.model]
    _write(options.workspace, prices)
    after = "the shipped one is used again" if options.model in shipped() else "none is known for it now"
    print(f"{options.model}: own price removed; {after}")
    return 0


def _write(folder: Path, prices: dict[str, Price]) -> None:
    settings = read_settings(folder)
    folder.mkdir(parents=True, exist_ok=True)
    write_settings(folder, settings.model_copy(update={"prices": prices}))


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if value < 0 or not isfinite(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not an amount of money, 0 or more")
    return value


def _share(text: str) -> float:
    value = _amount(text)
    if value > 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a share from 0 to 1")
    return value
