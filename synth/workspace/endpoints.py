"""Which endpoints the workspace's settings name: checked as they are typed, tried when asked, found on this machine.

What is tried runs beside the page and is kept until the app ends, so that a reload shows it again.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import ValidationError

from synth.errors import BadConfig, EspalierError
from synth.keys import find_key
from synth.models.loopback_only import is_loopback
from synth.settings import STEPS, Engine, RunConfig, StepModel, StepName, check_address, check_key_name
from synth.workspace.settings import WorkspaceSettings, read_settings, write_settings

if TYPE_CHECKING:  # the client behind them takes a fifth of a second to import
    from synth.models.local_servers import LocalServer
    from synth.models.probing import Check

LABELS = {
    "kind": "Engine",
    "base_url": "Base URL",
    "model": "Model",
    "api_key_env": "Environment variable with the key",
    "concurrency": "Questions in flight",
    "deadline_seconds": "Deadline of one question",
    "requests_per_minute": "Requests a minute",
    "tokens_per_minute": "Tokens a minute",
    "structured": "Structured output",
    "temperature": "Temperature",
    "top_p": "Top p",
    "max_tokens": "Tokens of a reply",
}
"""What forms and messages call the fields."""

_SHOWN = 5
"""Models of an endpoint's list that are named."""

_LOCAL_KEY = "LOCAL_API_KEY"
"""Where a server of this machine finds its key unless told otherwise: never that of another endpoint."""


@dataclass(frozen=True, slots=True)
class Asked:
    """An engine of the settings and who asks it."""

    engine: Engine
    steps: tuple[StepName, ...]


class Endpoints:
    """The engines that a workspace names."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._checks: dict[tuple[str, ...], Check | None] = {}

    def asked(self, settings: WorkspaceSettings) -> list[Asked]:
        """Each distinct engine once, in the order of the flow."""
        return engines_of(RunConfig(engine=settings.engine, models=settings.models))

    def key_place(self, name: str) -> str:
        """Where the key is: `environment`, `.env`, or "" where it is not set. Raises `BadConfig`."""
        if os.environ.get(name, "").strip():
            return "environment"
        return ".env" if find_key(name, [self._folder]) else ""

    def words(self, engine: Engine) -> list[tuple[str, str]]:
        """What the last try of an engine said, as titles and texts."""
        check = self.checked(engine)
        return [] if check is None else words_of(check)

    def engine(self, values: Mapping[str, object]) -> Engine:
        """An engine from typed values; see `checked_engine`."""
        return checked_engine(values)

    def step(self, engine: Engine, step: StepName, values: Mapping[str, object]) -> StepModel:
        """What a step asks otherwise, from typed values; see `checked_step`."""
        return checked_step(engine, step, values)

    def check(self, engine: Engine, *, patience: float | None = None) -> "Check":
        """Try an engine with a tiny question; blocks until it is known."""
        from synth.models.probing import PATIENCE, check_endpoint

        key = find_key(engine.api_key_env, [self._folder]) if engine.kind == "openai" else None
        return asyncio.run(check_endpoint(engine, key, patience=patience or PATIENCE))

    def start_check(self, engine: Engine) -> None:
        """Try an engine beside what the caller does; `checked` tells what came of it."""
        with self._lock:
            self._checks[_name(engine)] = None
        threading.Thread(target=self._check_beside, args=(engine,), name="check", daemon=True).start()

    def checked(self, engine: Engine) -> "Check | None":
        """What the last try of an engine said, where there was one and it is over."""
        with self._lock:
            return self._checks.get(_name(engine))

    def checking(self, engine: Engine) -> bool:
        """Whether an engine is being tried."""
        with self._lock:
            return self._checks.get(_name(engine), self) is None

    def find(self, ports: Iterable[int] = ()) -> "list[LocalServer]":
        """Model servers on this machine; a look takes at most a few seconds. Raises `BadInput` for what is no port."""
        from synth.models.local_servers import find_servers

        return asyncio.run(find_servers(ports))

    def use(self, url: str, model: str, step: StepName | None = None, key_name: str | None = None) -> WorkspaceSettings:
        """Have new runs ask a model, in one step or in all. Raises `BadConfig`; then nothing is changed."""
        kept = read_settings(self._folder)
        self._folder.mkdir(parents=True, exist_ok=True)
        name = self._key_name(kept.engine, url, key_name)
        said = {"kind": "openai", "base_url": url, "model": model, "api_key_env": name}
        if step is None:
            kept = kept.model_copy(update={"engine": checked_engine({**kept.engine.model_dump(), **said})})
        else:
            before = kept.models.get(step, StepModel()).model_dump()
            own = checked_step(kept.engine, step, {**before, **said})
            kept = kept.model_copy(update={"models": {**kept.models, step: own}})
        write_settings(self._folder, kept)
        return kept

    def _key_name(self, engine: Engine, url: str, named: str | None) -> str:
        """The variable for the key of an address: a key is never sent to another host because nobody said otherwise."""
        if named is not None:
            return named
        address = _checked_address(url)
        if urlsplit(address).netloc == urlsplit(engine.base_url).netloc:
            return engine.api_key_env
        if is_loopback(urlsplit(address).hostname or ""):
            return _LOCAL_KEY
        raise BadConfig(f"{address} is another endpoint. Say which environment variable holds its key: --key-env NAME.")

    def _check_beside(self, engine: Engine) -> None:
        from synth.models.probing import Check

        check = Check(engine.base_url, engine.model, reason="The check itself failed; the log says more.")
        try:
            check = self.check(engine)
        except EspalierError as error:
            check = replace(check, reason=str(error))
        finally:
            with self._lock:
                self._checks[_name(engine)] = check


def words_of(check: "Check") -> list[tuple[str, str]]:
    """What trying an endpoint said, as titles and texts."""
    if not check.ok:
        return [("Answer", check.reason)]
    if check.models is None and check.structured is None and not check.usage and not check.seconds:
        return [("Answer", "answers on this machine, without a key and without cost")]
    took = f"{check.seconds:.2f} s for a tiny question" if check.seconds is not None else "came"
    tokens = f"{check.input_tokens} in, {check.output_tokens} out" if check.usage else "not told, so costs stay unknown"
    said = [("Answer", took), ("Tokens", tokens), ("Structured output", _structured(check))]
    said.append(("Models", _models(check)))
    if check.context is not None:
        said.append(("Context", f"{check.context:,} tokens"))
    if check.refused:
        said.append(("Not taken", f"{', '.join(check.refused)}: the model decides these itself"))
    return said + [(name, value) for name, value in check.limits]


def _structured(check: "Check") -> str:
    known = {True: "works", False: "no", None: "not known"}[check.structured]
    return f"{known}: {check.structured_note}" if check.structured_note else known


def _models(check: "Check") -> str:
    if check.models is None:
        return "it gives no list"
    if check.model in check.models:
        others = [name for name in check.models if name != check.model]
        return f"in its list, with {_some(others)}" if others else "in its list, alone"
    return f"not in its list ({_some(check.models)}), but answered" if check.models else "its list is empty"


def _some(names: Sequence[str]) -> str:
    """The first names of a list, and how many more there are."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def engines_of(config: RunConfig) -> list[Asked]:
    """Each distinct engine that a config names, in the order of the flow."""
    found: dict[tuple[str, ...], tuple[Engine, list[StepName]]] = {}
    for step in STEPS:
        engine = config.engine_of(step)
        found.setdefault(_name(engine), (engine, []))[1].append(step)
    return [Asked(engine, tuple(steps)) for engine, steps in found.values()]


def checked_engine(values: Mapping[str, object]) -> Engine:
    """An engine from typed values. Raises `BadConfig` that names the field as forms do, and the mend."""
    given = dict(values)
    if given.get("kind") == "openai":
        given |= _checked_place(given)
    try:
        return Engine.model_validate(given)
    except ValidationError as error:
        raise BadConfig(_said(error)) from error


def checked_step(engine: Engine, step: StepName, values: Mapping[str, object]) -> StepModel:
    """What a step asks otherwise, from typed values; empty ones are as `engine`. Raises `BadConfig` as above."""
    given = {name: value for name, value in values.items() if value is not None and str(value).strip()}
    kind = given.get("kind", engine.kind)
    named = [LABELS[name] for name in ("model", "base_url", "api_key_env") if name in given]
    if kind == "offline" and named:
        raise BadConfig(f"{step}, {named[0]}: the offline engine has none. Choose an endpoint for this step.")
    if kind == "openai" and engine.kind == "offline" and "model" not in given:
        raise BadConfig(f"{step}, Model: the engine of other steps is offline, so name the model to ask.")
    try:
        given |= _checked_place({**engine.model_dump(), **given}, only=given) if kind == "openai" else {}
        return StepModel.model_validate(given)
    except ValidationError as error:
        raise BadConfig(f"{step}, {_said(error)}") from error
    except BadConfig as error:
        raise BadConfig(f"{step}, {error}") from error


def _checked_place(values: Mapping[str, object], only: Iterable[str] | None = None) -> dict[str, str]:
    """Address, model and key name as they can be kept; of `only` these fields, where they are named."""
    model = str(values.get("model", "")).strip()
    if not model:
        raise BadConfig("Model: a model has a name; the endpoint's list or its documentation says which.")
    name = _checked(check_key_name, "api_key_env", values)
    place = {"base_url": _checked_address(str(values.get("base_url", ""))), "model": model, "api_key_env": name}
    return {field: value for field, value in place.items() if only is None or field in only}


def _checked_address(url: str) -> str:
    return _checked(check_address, "base_url", {"base_url": url})


def _checked(check: Callable[[str], str], field: str, values: Mapping[str, object]) -> str:
    try:
        return check(str(values.get(field, "")))
    except ValueError as error:
        raise BadConfig(f"{LABELS[field]}: this {error}.") from error


def _said(error: ValidationError) -> str:
    problem = error.errors()[0]
    field = str(problem["loc"][0]) if problem["loc"] else ""
    return f"{LABELS.get(field, field)}: {problem['msg'].removeprefix('Value error, ')}."


def _name(engine: Engine) -> tuple[str, ...]:
    """What makes an engine another one: not how fast it is asked."""
    if engine.kind == "offline":
        return ("offline",)
    return (engine.kind, engine.base_url, engine.model, engine.api_key_env)
