"""What models take for their tokens: a person's own prices first, then the shipped list. Unknown is None, never 0."""

import json
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from pydantic import ValidationError

from synth.errors import BadConfig
from synth.settings import DATA, STEPS, Engine, Price, RunConfig

_DATED = r"-\d{4}-?\d{2}-?\d{2}"
"""What endpoints put behind a model's name in their replies."""
_FILE = "prices.json"


@dataclass(frozen=True, slots=True)
class Listed:
    """A shipped price and where it comes from."""

    price: Price
    vendor: str
    source: str
    """Address of the vendor's own list."""
    as_of: str
    """Day on which it was read there."""


@cache
def shipped() -> Mapping[str, Listed]:
    """The shipped list, by model."""
    table = tomllib.loads((DATA / "prices.toml").read_text(encoding="utf-8"))
    found: dict[str, Listed] = {}
    for vendor in table["vendor"]:
        for model, numbers in vendor["models"].items():
            price = Price(**numbers, batch_discount=vendor["batch_discount"])
            found[model] = Listed(price, vendor["name"], vendor["source"], vendor["as_of"])
    return found


@cache
def currency() -> str:
    """Of the shipped prices; own prices are taken to be in the same."""
    return str(tomllib.loads((DATA / "prices.toml").read_text(encoding="utf-8"))["currency"])


def is_called(answered: str, asked: str) -> bool:
    """Whether a model that calls itself `answered` is the one that was asked for: the same name, or a dated one."""
    return answered == asked or re.fullmatch(re.escape(asked) + _DATED, answered) is not None


def price_of(model: str, own: Mapping[str, Price]) -> Price | None:
    """The price of a model by its name, own prices before shipped ones; None where neither has one."""
    for table in (own, {name: listed.price for name, listed in shipped().items()}):
        names = [name for name in table if is_called(model, name)]
        if names:
            return table[max(names, key=len)]  # a name with its date is said more exactly than one without
    return None


def frozen_prices(config: RunConfig, own: Mapping[str, Price]) -> dict[str, Price]:
    """The prices of the models that a run asks, as far as they are known."""
    models = {engine.model for engine in engines_of(config) if engine.kind == "openai"}
    return {model: price for model in sorted(models) if (price := price_of(model, own)) is not None}


def engines_of(config: RunConfig) -> list[Engine]:
    """The distinct engines that the steps of a run ask, in the order of the flow."""
    return list(dict.fromkeys(config.engine_of(step) for step in STEPS))


def unpriced(config: RunConfig, frozen: Mapping[str, Price]) -> str:
    """The models that a run asks for money and whose price is not among `frozen`, as a list in words."""
    without = [one.model for one in engines_of(config) if one.kind == "openai" and one.model not in frozen]
    return ", ".join(f"`{model}`" for model in dict.fromkeys(without))


def check_budget(config: RunConfig, frozen: Mapping[str, Price]) -> None:
    """Raises `BadConfig` where a budget in money could never be kept, because a model's price is not among `frozen`."""
    if config.budget.money is not None and (without := unpriced(config, frozen)):
        raise BadConfig(
            f"`budget.money` cannot be kept: no price is known for {without}. Give one with `synth prices set MODEL "
            "--input N --output N` or in Settings, or set `budget.tokens` or `budget.calls` instead."
        )


def write_prices(folder: Path, prices: Mapping[str, Price]) -> None:
    """Freeze prices into a run's snapshot."""
    text = json.dumps({model: price.model_dump() for model, price in prices.items()}, indent=1)
    (folder / _FILE).write_text(text, encoding="utf-8")


def read_prices(folder: Path) -> dict[str, Price]:
    """The prices that a run's snapshot holds; none in runs from before they were kept.

    Raises `BadConfig` that names the file.
    """
    path = folder / _FILE
    try:
        table = json.loads(path.read_bytes())
        return {model: Price.model_validate(price) for model, price in table.items()}
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, AttributeError, ValidationError) as error:
        raise BadConfig(f"{path} cannot be read as prices: {error}. Mend it, or start a new run.") from error
