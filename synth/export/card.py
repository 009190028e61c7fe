"""The dataset card: what the rows that were written are, where they come from, and what they are not."""

import json
from collections import Counter
from dataclasses import dataclass, field
from statistics import median

import yaml

from synth.export.proofs import TestTally
from synth.export.rows import Form, Row
from synth.export.sample import Sample, block
from synth.export.tables import line, ranked, share, table

_SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"))

_LEVELS = ("none", "partial", "wasm", "container", "strong")
_ISOLATION = (
    "Isolation: `strong`, bubblewrap with namespaces and a system call filter; `container`, a container engine with "
    "the same filter; `wasm`, Python in WebAssembly; `partial`, Landlock and the filter alone; `none`."
)
_GRADES = (
    "Grades: `A-split`, the solution ran in a process of its own and never saw the tests; `B-canary`, in one process, "
    "where the same tests, altered so that they must fail, did fail; `C-counted`, as B, but not every test could be "
    "altered. A verdict that came to nothing, and one from before grades were kept, has none."
)


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
    """Repairs of the attempt that passed, 0 for a first draft."""
    sandboxes: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    """By backend, level of isolation and grade of the verdict."""
    tests: TestTally = field(default_factory=TestTally)
    engines: Counter[tuple[str, str]] = field(default_factory=Counter)
    prompts: Counter[tuple[str, str]] = field(default_factory=Counter)
    licences: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    scores: dict[str, list[float]] = field(default_factory=dict)
    """By score name, of the rows that have it."""

    @property
    def weakest(self) -> str:
        """The weakest level of isolation in which any row was run; one that nobody knows is the weakest."""
        levels = {level for _, level, _ in self.sandboxes}
        return min(levels, key=lambda level: (level in _LEVELS and _LEVELS.index(level), level))

    def at_level(self, wanted: str) -> int:
        """Rows whose code was run at this level of isolation."""
        return sum(count for (_, level, _), count in self.sandboxes.items() if level == wanted)

    def add(self, sample: Sample, scores: Row) -> None:
        """Count one written row; `scores` as the `full` format has them."""
        made = sample.made
        self.rows += 1
        self.proven += sample.proven
        self.offline += any(item.engine == "offline" for item in made)
        self.kinds["task" if sample.task else "evolution", sample.task.level if sample.task else "-"] += 1
        self.outcomes[sample.verdict.outcome if sample.verdict else "not run"] += 1
        if sample.solution and sample.proven:
            # an attempt that differs by its tests alone is no repair
            self.passed_at[sample.solution.attempt - (sample.solution.tests_change is not None)] += 1
        if sample.verdict:
            self.sandboxes[sample.verdict.backend, sample.verdict.level, sample.verdict.grade or "not kept"] += 1
            self.tests.add(sample.solution, sample.verdict)
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
        f"# {line(facts.name)}\n\n{_summary(tally, facts, form, file)}",
        _section("Rows", table(("origin", "level", "rows"), [(*kind, n) for kind, n in ranked(tally.kinds)])),
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
        **({"sandbox_level": tally.weakest} if tally.sandboxes else {}),
        "engines": sorted({engine for engine, _ in tally.engines}),
        "seed_licences": dict(ranked(tally.licences)),
        "created": facts.created,
        "espalier": facts.version,
    }
    return f"---\n{yaml.safe_dump(values, sort_keys=False, allow_unicode=True, width=1000)}---"


def _summary(tally: Tally, facts: CardFacts, form: Form, file: str) -> str:
    return (
        f"{tally.rows} rows in `{line(file)}`, format `{form}`, written on {line(facts.created)} by Espalier "
        f"{line(facts.version)}. {tally.proven} of them hold a solution that passed its tests in a sandbox. "
        "The counts on this card are of the rows in the file."
    )


def _left_out(left_out: dict[str, int]) -> str:
    if not left_out:
        return "Nothing: every sample that was offered is in the file."
    rows = sorted(left_out.items(), key=lambda item: (-item[1], item[0]))
    return table(("reason", "samples"), rows)


def _proof(tally: Tally) -> str:
    outcomes = [(outcome, count, share(count, tally.rows)) for outcome, count in ranked(tally.outcomes)]
    parts = [table(("outcome of the last run", "rows", "share"), outcomes)]
    if tally.passed_at:
        passed = sum(tally.passed_at.values())
        steps = [
            ("first draft" if attempt == 0 else f"repair {attempt}", count, share(count, passed))
            for attempt, count in sorted(tally.passed_at.items())
        ]
        parts.append(table(("passed at", "rows", "share of the proven"), steps))
    if tally.sandboxes:
        rows = [(*sandbox, count) for sandbox, count in ranked(tally.sandboxes)]
        parts += [table(("sandbox", "isolation", "grade", "rows"), rows), _ISOLATION, _GRADES]
    return "\n\n".join([*parts, *tally.tests.sections()])


def _makers(tally: Tally) -> str:
    engines = [(*engine, count) for engine, count in ranked(tally.engines)]
    prompts = [(*prompt, count) for prompt, count in sorted(tally.prompts.items())]
    return f"{table(('engine', 'model', 'rows'), engines)}\n\n{table(('prompt', 'hash', 'rows'), prompts)}"


def _seeds(tally: Tally) -> str:
    note = "Licences of the code whose features the rows rest on. A row that rests on several counts for each."
    return f"{note}\n\n{table(('licence', 'rows'), ranked(tally.licences))}"


def _measures(tally: Tally) -> str:
    if not tally.scores:
        return "No row has a score."
    rows = [
        (name, len(values), f"{min(values):.4g}", f"{median(values):.4g}", f"{max(values):.4g}")
        for name, values in sorted(tally.scores.items())
    ]
    return table(("score", "rows that have it", "lowest", "median", "highest"), rows)


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
        points.append(
            f"{unproven} of {tally.rows} rows are not proven: nothing was run, what ran did not pass, or the pass is "
            "in doubt (flaky, tests that a solution doing nothing passes, no isolation or a partial one)."
        )
    if tally.proven:
        points.append(
            "Proven means that the row's own tests passed. The engine that wrote the solution wrote the tests, so both "
            "can share a misunderstanding of the question."
        )
    if unisolated := tally.at_level("none"):
        points.append(
            f"{unisolated} of {tally.rows} rows were run without any isolation (`sandbox_level: none`). Nothing "
            "kept their code from reading its tests or changing what was said of it; none of them counts as proven."
        )
    if partial := tally.at_level("partial"):
        points.append(
            f"{partial} of {tally.rows} rows were run with partial isolation only (`sandbox_level: partial`): without "
            "namespaces of their own; none of them counts as proven."
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
    runs = ", ".join(f"`{line(run)}`" for run in sorted(tally.runs))
    blocks = [block(_pretty(config), "json") for config in facts.configs]
    return "\n\n".join([f"Runs: {runs}." if runs else "Runs: unknown.", *blocks])


def _pretty(config: str) -> str:
    try:
        return json.dumps(json.loads(config), ensure_ascii=False, indent=2)
    except json.JSONDecodeError:
        return config


def _section(title: str, text: str) -> str:
    return f"## {title}\n\n{text}"
