"""The engine's one method: a question goes to the module that answers its kind, from `inputs` and nothing else."""

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path

from synth.errors import ModelError
from synth.models.base import Reply, Request
from synth.models.offline.answer import answer_instruction
from synth.models.offline.cluster import answer_cluster_features
from synth.models.offline.evolve import answer_evolve_from_code, answer_evolve_from_question
from synth.models.offline.extract import answer_extract_features, answer_pre_extract
from synth.models.offline.grow import answer_grow_features
from synth.models.offline.judge import answer_judge_challenge
from synth.models.offline.kit import Kit, load_kit
from synth.models.offline.match import Embed
from synth.models.offline.repair import answer_repair_solution
from synth.models.offline.review import answer_review_tests
from synth.models.offline.solve import answer_solve_task
from synth.models.offline.task import answer_make_task
from synth.settings import DATA

_FROM_INPUTS: dict[str, Callable[[Request], str]] = {
    "pre_extract": answer_pre_extract,
    "cluster_features": answer_cluster_features,
    "extract_features": answer_extract_features,
    "grow_features": answer_grow_features,
    "judge_challenge": answer_judge_challenge,
}
_FROM_BLOCKS: dict[str, Callable[[Request, Kit], str]] = {
    "make_task": answer_make_task,
    "solve_task": answer_solve_task,
    "repair_solution": answer_repair_solution,
    "review_tests": answer_review_tests,
    "evolve_from_code": answer_evolve_from_code,
    "evolve_from_question": answer_evolve_from_question,
    "answer_instruction": answer_instruction,
}


class OfflineModel:
    """Answers every prompt without a network: the same question gets the same answer, on any machine.

    `embed` turns texts into unit vectors, for matching features to building blocks. `data` holds the blocks; it is
    read on the first question that needs them, which raises `BadInput` where a file there is wrong.
    """

    def __init__(self, embed: Embed, data: Path = DATA) -> None:
        self._embed = embed
        self._data = data
        self._kit: Kit | None = None
        self._loading = threading.Lock()

    @property
    def engine(self) -> str:
        """`offline`, as it goes into every record."""
        return "offline"

    @property
    def name(self) -> str:
        """The engine's version; it changes whenever answers would."""
        return "offline-2"

    def _load_kit(self) -> Kit:
        with self._loading:
            if self._kit is None:
                self._kit = load_kit(self._data, self._embed)
            return self._kit

    async def complete(self, request: Request) -> Reply:
        """Answer one question. Raises `ModelError` for a prompt that the engine does not know."""
        # In a thread: answering computes, and some building blocks run an event loop of their own.
        return await asyncio.to_thread(self._answer, request)

    def _answer(self, request: Request) -> Reply:
        if request.prompt in _FROM_INPUTS:
            return Reply(_FROM_INPUTS[request.prompt](request), model=self.name)
        if request.prompt in _FROM_BLOCKS:
            return Reply(_FROM_BLOCKS[request.prompt](request, self._load_kit()), model=self.name)
        raise ModelError(f"the offline engine has no answer to the prompt `{request.prompt}`; use a model endpoint.")

    async def close(self) -> None:
        """Nothing is held open."""
