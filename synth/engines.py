"""The engines of a run: for each step a model behind its wrappers, ready to be asked.

A question goes through `Cached` (the workspace's replies), `Ledger` (budget and accounts) and the pace of its endpoint
to the one that sends it. The offline engine has the ledger only: it costs nothing and says the same every time.
"""

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.ask import Asker, Way
from synth.embed import Embedder
from synth.ids import digest
from synth.keys import find_key
from synth.models.base import Model
from synth.models.cache import Cached
from synth.models.ledger import Account, Event, Ledger
from synth.models.pace import Pace
from synth.models.replies import Replies
from synth.prices import check_budget, frozen_prices, read_prices
from synth.prompts import Prompts
from synth.records.spending import Spend
from synth.settings import STEPS, Engine, Price, RunConfig, StepModel

REPLIES = Path("cache") / "replies.sqlite"
"""The workspace's replies, below its folder."""
Paces = dict[tuple[str, str], Pace]
"""By address and name of the key."""


@dataclass(slots=True)
class Engines:
    """An asker and what has to be closed after it."""

    asker: Asker
    models: tuple[Model, ...]
    account: Account
    replies: Replies | None

    def spend(self) -> dict[str, Spend]:
        """What the run has spent so far, by step, earlier workers included."""
        return self.account.spend()

    async def close(self) -> None:
        """Release connections and files."""
        for model in self.models:
            await model.close()
        if self.replies is not None:
            self.replies.close()
        self.account.close()


def open_engines(
    config: RunConfig,
    prompts: Prompts,
    embedder: Embedder,
    folders: Iterable[Path] = (),
    *,
    run: Path | None = None,
    replies: Path | None = None,
    prices: Mapping[str, Price] | None = None,
    on_call: Callable[[Event], None] | None = None,
    on_pace: Callable[[Mapping[str, object]], None] | None = None,
    check: Callable[[], None] = lambda: None,
) -> Engines:
    """Build what `config` names; `folders` may hold a `.env`.

    `run` is the folder of a run: its accounts are there, its prices are frozen there, and the replies are those of
    its workspace. Without one nothing is written down; `replies` and `prices` say then what is used (None: no replies
    are kept; the shipped prices). `on_call` gets every line of the accounts, `on_pace` every pause and limit. A
    run whose config says `batch` is asked in batches; `check` is called while one is waited for, and raises what ends
    the run.

    Raises `ModelError` for an address or key of no use, `BadConfig` for a budget that cannot be kept, and
    `CannotWrite` where replies cannot be kept.
    """
    places = tuple(folders)
    if prices is None:
        prices = frozen_prices(config, {}) if run is None else read_prices(run / "snapshot")
    check_budget(config, prices)
    if replies is None and run is not None:
        replies = run.parent.parent / REPLIES
    account = Account(config.budget, run, on_call)
    remote = any(config.engine_of(step).kind != "offline" for step in STEPS)
    kept = Replies(replies) if replies is not None and remote else None
    since = _began(run) if config.fresh else 0.0
    paces: Paces = {}
    models: dict[Engine, Model] = {}

    def model_of(engine: Engine) -> Model:
        if engine not in models:
            if config.batch and run is not None and engine.kind != "offline":
                inner = open_batched(engine, run, check, places, on_pace or (lambda event: None))
            else:
                inner = build_model(engine, embedder, places, paces, on_pace)
            ledger = Ledger(inner, account, prices.get(engine.model))
            if kept is None or engine.kind == "offline":
                models[engine] = ledger
            else:
                structured = engine.structured != "no"
                models[engine] = Cached(
                    ledger,
                    kept,
                    structured=structured,
                    since=since,
                    patient=not config.batch,  # others should not wait for hours
                    on_hit=ledger.hit,
                )
        return models[engine]

    ways = {
        step: Way(
            model_of(config.engine_of(step)),
            prices.get(config.engine_of(step).model),
            config.models.get(step, StepModel()),
        )
        for step in STEPS
    }
    for pace in paces.values():
        account.when_reached(pace.give_up)  # who waits for a place is not sent any more
    asker = Asker(ways["extract"].model, prompts, ways)
    return Engines(asker, tuple(models.values()), account, kept)


def build_model(
    engine: Engine,
    embedder: Embedder,
    folders: Iterable[Path] = (),
    paces: Paces | None = None,
    on_pace: Callable[[Mapping[str, object]], None] | None = None,
) -> Model:
    """One engine that is asked as fast as its endpoint allows; its key comes from the environment or a `.env`.

    `paces` are those of endpoints that others of the run ask already; one that is made is added.
    """
    if engine.kind == "offline":
        from synth.models.offline import OfflineModel

        return OfflineModel(embedder.embed)
    from synth.models.openai_compatible import OpenAICompatible  # the client takes long to import
    from synth.models.paced import Paced

    paces = {} if paces is None else paces
    pace = paces.setdefault((engine.base_url, engine.api_key_env), Pace.of(engine, on_pace))
    return Paced(OpenAICompatible(engine, find_key(engine.api_key_env, folders)), pace, engine.deadline_seconds)


def open_batched(
    engine: Engine,
    run: Path,
    check: Callable[[], None],
    folders: Iterable[Path] = (),
    tell: Callable[[Mapping[str, object]], None] = lambda event: None,
) -> Model:
    """One engine that is asked in batches; what was sent and answered is kept in the folder of the run."""
    from synth.models.batch import Batched
    from synth.models.batch_book import Book
    from synth.models.chat import Chat
    from synth.models.openai_batches import OpenAIBatches
    from synth.models.openai_errors import Endpoint

    endpoint = Endpoint.of(engine, find_key(engine.api_key_env, folders))
    # A batch belongs to whoever's key began it.
    name = digest(engine.base_url, engine.model, engine.api_key_env, engine.structured)[:12]
    return Batched(engine.model, Chat(engine, endpoint), OpenAIBatches(endpoint), Book(run, name), check, tell=tell)


def _began(run: Path | None) -> float:
    """When a run was frozen, Unix time: `fresh` asks anew what was answered before it, not what it answered itself."""
    return time.time() if run is None else (run / "config.json").stat().st_mtime
