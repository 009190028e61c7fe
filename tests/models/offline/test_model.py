"""The offline engine as the steps see it: one method, every prompt, no memory."""

import asyncio
import json
import os
import subprocess
import sys

import pytest

from synth.ask import Answered, Asker
from synth.errors import ModelError
from synth.models.base import Model
from synth.models.offline import OfflineModel
from synth.prompts import Prompts
from synth.settings import ROOT
from tests.models.offline.asking import ask, ask_task, embed_words, question_of

QUESTION = "Write `rolling_mean(values)`: a moving average where `size` = 4 and `digits` = 2."
CODE = "def rolling_mean(values):\n    return sum(values) / len(values)\n"
INPUTS: dict[str, dict[str, object]] = {
    "pre_extract": {"code": CODE},
    "cluster_features": {"keywords": ["moving average", "median"], "demonstration": {"algorithm": ["sorting"]}},
    "extract_features": {"code": CODE, "demonstration": {}, "categories": ["algorithm"]},
    "grow_features": {"subtree": {"algorithm": ["sorting"]}, "explanations": {"algorithm": "Ways to compute."}},
    "make_task": {
        "optional_features": {"algorithm": ["moving average"]},
        "mandatory_features": ["moving average"],
        "language": "Python",
        "level": "function",
    },
    "solve_task": {"question": QUESTION, "level": "function"},
    "repair_solution": {"question": QUESTION, "files": [], "tests": [], "error": "boom", "attempt": 1},
    "review_tests": {"question": QUESTION, "files": [], "tests": [], "error": "boom"},
    "evolve_from_code": {"code": CODE},
    "evolve_from_question": {"question": QUESTION, "challenge": "3.0", "diversity": "5.0"},
    "judge_challenge": {"question": QUESTION},
    "answer_instruction": {"question": QUESTION},
}


def test_it_keeps_the_contract_of_an_engine() -> None:
    model: Model = OfflineModel(embed_words)
    assert (model.engine, model.name) == ("offline", "offline-2")
    asyncio.run(model.close())


def test_every_shipped_prompt_has_an_answer() -> None:
    assert sorted(INPUTS) == Prompts().names()


@pytest.mark.parametrize("prompt", sorted(INPUTS))
def test_each_prompt_is_answered_the_same_by_another_engine_of_the_kind(prompt: str) -> None:
    first, second = (
        asyncio.run(OfflineModel(embed_words).complete(ask(prompt, 0, **INPUTS[prompt]))) for _ in range(2)
    )
    assert first == second
    assert first.text.strip()
    assert (first.model, first.finish, first.prompt_tokens) == ("offline-2", "stop", None)


def test_a_prompt_that_it_does_not_know_stops_the_run() -> None:
    with pytest.raises(ModelError, match="no answer to the prompt `sing`"):
        asyncio.run(OfflineModel(embed_words).complete(ask("sing", tune="any")))


def test_a_decline_reaches_the_step_as_a_reason() -> None:
    async def put() -> str:
        asker = Asker(OfflineModel(embed_words))
        said = await asker.ask("answer_instruction", {"question": "Sing a song."}, str, temperature=0.0)
        return "" if isinstance(said, Answered) else said.reason

    assert asyncio.run(put()).startswith("declined: no function of a building block")


def test_a_new_process_with_another_hash_seed_gives_the_same_answers() -> None:
    program = (
        "import asyncio, json\n"
        "from synth.models.offline import OfflineModel\n"
        "from tests.models.offline.asking import ask, ask_task, embed_words, question_of\n"
        "model = OfflineModel(embed_words)\n"
        "say = lambda request: asyncio.run(model.complete(request)).text\n"
        "task = say(ask_task(['moving average', 'csv'], ['sorting', 'slug'], level='files'))\n"
        "question = question_of(task)\n"
        "child = ask('evolve_from_question', 1, question=question, challenge='4.0', diversity='4.0')\n"
        "print(json.dumps([task, say(ask('solve_task', question=question, level='files')), say(child)]))\n"
    )
    outputs = [
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={"PATH": os.defpath, "PYTHONHASHSEED": seed, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert outputs[0] == outputs[1]
    model = OfflineModel(embed_words)
    here = asyncio.run(model.complete(ask_task(["moving average", "csv"], ["sorting", "slug"], level="files"))).text
    assert json.loads(outputs[0])[0] == here
    assert question_of(here)
