"""Who answers a replay: the workspace's own replies and nobody else, or, where it is to be fresh, the endpoint anew."""

from pathlib import Path

from synth.ask import Asker, Way
from synth.embed import Embedder
from synth.engines import REPLIES, Engines, build_model, open_engines
from synth.models.base import Model, Reply, Request
from synth.models.cache import Cached
from synth.models.ledger import Account
from synth.models.replies import Replies
from synth.prices import read_prices
from synth.prompts import Prompts
from synth.settings import STEPS, Budget, Engine, RunConfig, StepModel
from synth.workspace.replaying.past_run import CannotReplay


def open_again(config: RunConfig, prompts: Prompts, embedder: Embedder, run: Path, *, fresh: bool) -> Engines:
    """The engines of a run for a replay. Nothing is written into the run's accounts, nor over the kept replies.

    Without `fresh` no endpoint is asked, so no key is needed and nothing is paid. Raises `ModelError` as
    `open_engines` does.
    """
    if fresh:
        # without the workspace's replies: another answer must not take the place of the one that the record rests on
        plain = config.model_copy(update={"budget": Budget(), "batch": False, "fresh": False})
        return open_engines(plain, prompts, embedder, [run.parent.parent], prices=read_prices(run / "snapshot"))
    path = run.parent.parent / REPLIES
    replies = Replies(path) if path.is_file() else None
    models: dict[Engine, Model] = {}

    def model_of(engine: Engine) -> Model:
        if engine not in models:
            models[engine] = build_model(engine, embedder) if engine.kind == "offline" else _kept(engine, replies)
        return models[engine]

    ways = {step: Way(model_of(config.engine_of(step)), None, config.models.get(step, StepModel())) for step in STEPS}
    return Engines(Asker(ways["extract"].model, prompts, ways), tuple(models.values()), Account(), replies)


def _kept(engine: Engine, replies: Replies | None) -> Model:
    unasked = _Unasked(engine)
    return unasked if replies is None else Cached(unasked, replies, structured=engine.structured != "no")


class _Unasked:
    """Stands where an endpoint would be asked, and says that it is not."""

    def __init__(self, engine: Engine) -> None:
        self.engine: str = engine.kind
        self.name = engine.model

    async def complete(self, request: Request) -> Reply:
        """Raises `CannotReplay`, always."""
        raise CannotReplay(
            f"the reply of `{self.name}` that it was made from is not among the workspace's replies; "
            "`--fresh` asks again, and pays for it."
        )

    async def close(self) -> None:
        """There is nothing to release."""
