"""The dataset card: what the rows that were written are, where they come from, and what they are not."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from statistics import median
from typing import TypeVar

import yaml

from synth.export.rows import Form, Row
from synth.export.sample import Sample, block

K = TypeVar("K")

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))


@dataclass(frozen=True, slots=True)
class CardFacts:
    """What the rows cannot say of themselves."""

    name: str
    configs: tuple[str, ...]
    """The frozen config of each run, as JSON text."""
    created: str
    """ISO date."""
    version: str
    """Of Espalier."""


@dataclass(slots=True)
class Tally:
    """Counts over the rows as they are written. Every counter counts rows."""

    rows: int = 0
    proven: int = 0
    offline: int = 0
    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    passed_at: Counter[int] = field(default_factory=Counter)
    """Number of the attempt that passed, 0 for a first draft."""
    sandboxes: Counter[tuple[str, str]] = field(default_factory=Counter)
    engines: Counter[tuple[str, str]] = field(default_factory=Counter)
    prompts: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    scores: dict[str, list[float]] = field(default_factory=dict)
    """By score name, of the rows that have it."""

    def add(self, sample: Sample, scores: Row) -> None:
        """Count one written row; `scores` as the `full` format has them."""
        made = sample.made
        self.rows += 1
        self.proven += sample.proven
        self.offline += any(item.engine == "offline" for item in made)
        self.kinds["task" if sample.task else "evolution", sample.task.level if sample.task else "-"] += 1
        self.outcomes[sample.verdict.outcome if sample.verdict else "not run"] += 1
        if sample.solution and sample.proven:
            self.passed_at[sample.solution.attempt] += 1
        if sample.verdict:
            self.sandboxes[sample.verdict.backend, sample.verdict.level] += 1
        self.engines.update({(item.engine, item.model) for item in made})
        self.prompts.update({(item.prompt, item.prompt_hash) for item in made})
        self.licences.update(set(sample.licences) or {"no seed known"})
        self.runs.update(set(sample.run_ids))
        for name, value in scores.items():
            if isinstance(value, float):
                self.scores.setdefault(name, []).append(value)


def write_card(tally: Tally, facts: CardFacts, form: Form, file: str, left_out: dict[str, int]) -> str:
    """The card as Markdown under YAML front matter that dataset hubs read. `left_out` counts samples by reason."""
    parts = [
        _front(tally, facts, file),
        f"# {_line(facts.name)}\n\n{_summary(tally, facts, form, file)}",
        _section("Rows", _table(("origin", "level", "rows"), [(*kind, n) for kind, n in _ranked(tally.kinds)])),
        _section("Left out", _left_out(left_out)),
        _section("Proof", _proof(tally)),
        _section("Who made it", _makers(tally)),
        _section("Seeds", _seeds(tally)),
        _section("Measures", _measures(tally)),
        _section("What this data is not", _limits(tally)),
        _section("Run configuration", _configs(tally, facts)),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _front(tally: Tally, facts: CardFacts, file: str) -> str:
    values = {
        "pretty_name": " ".join(facts.name.split()),
        "language": ["en"],
        "task_categories": ["text-generation"],
        "tags": ["code", "synthetic", "espalier"],
        "size_categories": [next((name for limit, name in _SIZES if tally.rows < limit), "n>1M")],
        "configs": [{"config_name": "default", "data_files": file}],
        "rows": tally.rows,
        "proven": tally.proven,
        "engines": sorted({engine for engine, _ in tally.engines}),
        "seed_licences": dict(_ranked(tally.licences)),
        "created": facts.created,
        "espalier": facts.version,
    }
    return f"---\n{yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)}---"


def _summary(tally: Tally, facts: CardFacts, form: Form, file: str) -> str:
    return (
        f"{tally.rows} rows in `{_line(file)}`, format `{form}`, written on {_line(facts.created)} by Espalier "
        f"{_line(facts.version)}. {tally.proven} of them hold a solution that passed its tests in a sandbox. "
        "The counts on this card are of the rows in the file."
    )


def _left_out(left_out: dict[str, int]) -> str:
    if not left_out:
        return "Nothing: every sample that was offered is in the file."
    rows = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    return _table(("reason", "samples"), rows)


def _proof(tally: Tally) -> str:
    outcomes = [(outcome, count, _share(count, tally.rows)) for outcome, count in _ranked(tally.outcomes)]
    parts = [_table(("outcome of the last run", "rows", "share"), outcomes)]
    if tally.passed_at:
        passed = sum(tally.passed_at.values())
        steps = [
            ("first draft" if attempt == 0 else f"repair {attempt}", count, _share(count, passed))
            for attempt, count in sorted(tally.passed_at.items())
        ]
        parts.append(_table(("passed at", "rows", "share of the proven"), steps))
    if tally.sandboxes:
        rows = [(*sandbox, count) for sandbox, count in _ranked(tally.sandboxes)]
        parts.append(_table(("sandbox", "isolation", "rows"), rows))
    return "\n\n".join(parts)


def _makers(tally: Tally) -> str:
    engines = [(*engine, count) for engine, count in _ranked(tally.engines)]
    prompts = [(*prompt, count) for prompt, count in sorted(tally.prompts.items())]
    return f"{_table(('engine', 'model', 'rows'), engines)}\n\n{_table(('prompt', 'hash', 'rows'), prompts)}"


def _seeds(tally: Tally) -> str:
    note = "Licences of the code whose features the rows rest on. A row that rests on several counts for each."
    return f"{note}\n\n{_table(('licence', 'rows'), _ranked(tally.licences))}"


def _measures(tally: Tally) -> str:
    if not tally.scores:
        return "No row has a score."
    rows = [
        (name, len(values), f"{min(values):.4g}", f"{median(values):.4g}", f"{max(values):.4g}")
        for name, values in sorted(tally.scores.items())
    ]
    return _table(("score", "rows that have it", "lowest", "median", "highest"), rows)


def _limits(tally: Tally) -> str:
    points = []
    if tally.offline:
        points.append(
            f"{tally.offline} of {tally.rows} rows were made, in whole or part, by the engine `offline`: composed from "
            "templates and building blocks, with mistakes put in by rule, not written by a language model. They serve "
            "to try the tool; their variety is that of the templates, and their scores are formulas."
        )
    if tally.proven < tally.rows:
        unproven = tally.rows - tally.proven
        points.append(f"{unproven} of {tally.rows} rows are not proven: nothing was run, or what ran did not pass.")
    if tally.proven:
        points.append(
            "Proven means that the row's own tests passed. The engine that wrote the solution wrote the tests, so both "
            "can share a misunderstanding of the question."
        )
    points += [
        "Decontamination compares runs of words with the benchmark files named in the run configuration, where there "
        "are any. A reworded problem passes it.",
        "The licences above are those of the seeds. Whether the rows may be used under terms of yours is for you to "
        "decide, and so are the terms of the engine.",
        "Nobody has read the rows for correctness, harm or personal data.",
    ]
    return "\n".join(f"- {point}" for point in points)


def _configs(tally: Tally, facts: CardFacts) -> str:
    runs = ", ".join(f"`{_line(run)}`" for run in sorted(tally.runs))
    blocks = [block(_pretty(config), "json") for config in facts.configs]
    return "\n\n".join([f"Runs: {runs}." if runs else "Runs: unknown.", *blocks])


def _pretty(config: str) -> str:
    try:
        return json.dumps(json.loads(config), ensure_ascii=False, indent=2)
    except json.JSONDecodeError:
        return config


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}"


def _table(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(_line(str(cell)) for cell in line)} |" for line in lines)


def _line(text: str) -> str:
    """Text that cannot break out of its line or table cell."""
    return " ".join(text.split()).replace("|", "\\|")


def _share(count: int, total: int) -> str:
    return f"{100 * count / total:.1f} %" if total else "-"


def _ranked(counts: Counter[K]) -> list[tuple[K, int]]:
    return sorted(counts.items(), key=lambda item: (-item[1], str(item[0])))
