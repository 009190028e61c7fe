"""The engines of a run: for each step a model behind its wrappers, ready to be asked."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from synth.ask import Asker, Way
from synth.embed import Embedder
from synth.keys import find_key
from synth.models.base import Model
from synth.prompts import Prompts
from synth.settings import STEPS, Engine, RunConfig, StepModel


@dataclass(slots=True)
class Engines:
    """An asker and what has to be closed after it."""

    asker: Asker
    models: tuple[Model, ...]

    async def close(self) -> None:
        """Release connections and files."""
        for model in self.models:
            await model.close()


def open_engines(config: RunConfig, prompts: Prompts, embedder: Embedder, folders: Iterable[Path] = ()) -> Engines:
    """Build what `config` names; `folders` may hold a `.env`. Raises `ModelError` for an address or key of no use."""
    places = tuple(folders)
    models: dict[Engine, Model] = {}

    def model_of(engine: Engine) -> Model:
        if engine not in models:
            models[engine] = build_model(engine, embedder, places)
        return models[engine]

    ways = {step: Way(model_of(config.engine_of(step)), None, config.models.get(step, StepModel())) for step in STEPS}
    asker = Asker(model_of(config.engine), prompts, ways)
    return Engines(asker, tuple(models.values()))


def build_model(engine: Engine, embedder: Embedder, folders: Iterable[Path] = ()) -> Model:
    """One engine without wrappers; its key comes from the environment or a `.env`."""
    if engine.kind == "offline":
        from synth.models.offline import OfflineModel

        return OfflineModel(embedder.embed)
    from synth.models.openai_compatible import OpenAICompatible  # the client takes half a second to import

    return OpenAICompatible(engine, find_key(engine.api_key_env, folders))
