"""Wording: application domains and sentence frames, which make two programs of the same blocks read differently."""

import random
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from pydantic import Field

from synth.models.offline.blocks import IoType, fill, load_yaml
from synth.models.offline.plan import Program
from synth.records import Frozen

_MOST_GOALS = 3
"""Goals named in a sentence; what other blocks do stands in the requirements."""


class Domain(Frozen):
    """A place where programs are wanted, and what its data are called."""

    name: str
    setting: str
    actor: str
    numbers: str
    text: str
    records: str

    def noun(self, kind: IoType) -> str:
        """A plural noun phrase for data of a kind."""
        return self.numbers if kind == "numbers" else self.text if kind == "text" else self.records


class Domains(Frozen):
    """The file of domains."""

    domains: tuple[Domain, ...] = Field(min_length=1)


class Phrases(Frozen):
    """Sentence frames by use."""

    instruction: tuple[str, ...] = Field(min_length=1)
    scenario: tuple[str, ...] = Field(min_length=1)
    opening: tuple[str, ...] = Field(min_length=1)


class Wording:
    """Domains and frames; `say` fills one frame in."""

    def __init__(self, domains: Path, phrases: Path) -> None:
        self.domains = load_yaml(domains, Domains).domains
        self.phrases = load_yaml(phrases, Phrases)

    def say(
        self, use: Literal["instruction", "scenario", "opening"], domain: Domain, program: Program, rng: random.Random
    ) -> str:
        """A sentence or a few about what `program` is for, in the domain; `rng` picks the frame."""
        frame: str = rng.choice(getattr(self.phrases, use))
        goals = _listed(_goals(domain, program))
        nouns = dict.fromkeys(domain.noun(module.block.io.takes) for module in program.modules.values())
        joins = [program.shelf.joiners[join.kind].goal for join in program.plan.joins]
        one = program.plan.module is not None
        return frame.format(
            actor=domain.actor,
            Actor=_capital(domain.actor),
            setting=domain.setting,
            Setting=_capital(domain.setting),
            noun=_listed(list(nouns)),
            goals=goals,
            Goals=_capital(goals),
            thing=rng.choice(("function", "module") if one and not joins else ("module",) if one else _PACKAGES),
            extra=f", and {joins[-1]}" if joins else "",
        )


_PACKAGES = ("package", "small library", "set of modules")


def _goals(domain: Domain, program: Program) -> list[str]:
    modules = list(program.modules.values())[:_MOST_GOALS]
    return [
        fill(module.block.goal, {**module.params, "noun": domain.noun(module.block.io.takes)}) for module in modules
    ]


def _listed(items: Sequence[str]) -> str:
    *first, last = items
    return f"{', '.join(first)} and {last}" if first else last


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
