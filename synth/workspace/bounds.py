"""The most that a question can take where nothing was measured: from the prompt as it is put on real items.

Tokens are guessed at three characters each, fewer than code and English mostly have, so that the guess is high.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from synth.errors import BadInput
from synth.flow import shape_of
from synth.prompts import Prompts
from synth.records import CATEGORIES, FeaturePath
from synth.settings import RunConfig
from synth.steps.draw import draw_subtrees
from synth.steps.extract import shipped_demonstration
from synth.steps.grow import draw_for_growth
from synth.tree.columns import FeatureTree
from synth.tree.nested import to_nested

_CHARACTERS_A_TOKEN = 3
_DRAWS = 5
_KEYWORD = "a keyword of some length"
_KEYWORDS = 120
_COMPLAINT = 200
"""Tokens that a question grows by when it is put again, beside the reply that could not be used."""
_REPORT = 2000
"""Tokens of what failing tests say, at most."""
MOST_TOKENS: Mapping[str, int] = {"solve_task": 8192, "repair_solution": 8192, "review_tests": 8192}
"""Of a reply, where a step asks for another number than the usual one."""
USUAL_MOST = 4096


@dataclass(frozen=True, slots=True)
class Bound:
    """The most that one item takes, in tokens, with the second try that a reply of no use brings."""

    input_tokens: float
    output_tokens: float


class Bounds:
    """Of one run's questions."""

    def __init__(self, config: RunConfig, prompts: Prompts, tree: FeatureTree, codes: Sequence[str]) -> None:
        """`codes`: of some of the seeds that will be read."""
        self._config = config
        self._prompts = prompts
        self._tree = tree
        self._codes = codes

    def of(self, prompt: str, most: int) -> Bound:
        """`most`: tokens of a reply. Raises `PromptError` for a prompt that cannot be used."""
        first = self._tokens(prompt)
        return Bound(2 * first + most + _COMPLAINT, 2.0 * most)

    def _tokens(self, prompt: str) -> float:
        """Of the question as it is put first."""
        told = self._inputs().get(prompt)
        if told is not None:
            rendered = [len(self._prompts.get(prompt).render(inputs)) for inputs in told()]
            return sum(rendered) / len(rendered) / _CHARACTERS_A_TOKEN
        task, solution = USUAL_MOST, MOST_TOKENS["solve_task"]
        replies = {
            "solve_task": task,
            "repair_solution": task + solution + _REPORT,
            "review_tests": task + solution + _REPORT,
            "evolve_from_question": USUAL_MOST,
            "judge_challenge": USUAL_MOST,
            "answer_instruction": USUAL_MOST,
        }
        return len(self._prompts.get(prompt).body) / _CHARACTERS_A_TOKEN + replies.get(prompt, USUAL_MOST)

    def _inputs(self) -> dict[str, Callable[[], list[dict[str, object]]]]:
        """Prompt -> real inputs, for those whose inputs are there before anything is asked."""
        shown = to_nested(shipped_demonstration())
        codes = self._codes or [""]
        return {
            "pre_extract": lambda: [{"code": code} for code in codes],
            "evolve_from_code": lambda: [{"code": code} for code in codes],
            "cluster_features": lambda: [{"keywords": [_KEYWORD] * _KEYWORDS, "demonstration": shown}],
            "extract_features": lambda: [
                {"code": code, "demonstration": shown, "categories": list(CATEGORIES)} for code in codes
            ],
            "grow_features": lambda: [{"subtree": to_nested(drawn), "explanations": {}} for drawn in self._grown()],
            "make_task": lambda: [
                {
                    "optional_features": to_nested(drawn),
                    "mandatory_features": [path[-1] for path in drawn[:2]],
                    "language": "Python",
                    "level": "files",
                }
                for drawn in self._drawn()
            ],
        }

    def _grown(self) -> list[tuple[FeaturePath, ...]]:
        grow = self._config.grow
        try:
            return [
                draw_for_growth(self._tree, grow.widths, grow.draw_temperature, self._config.seed, step)
                for step in range(_DRAWS)
            ]
        except BadInput:  # an empty tree: the run fills it first
            return [shipped_demonstration()]

    def _drawn(self) -> list[tuple[FeaturePath, ...]]:
        sample = self._config.sample
        try:
            draws = draw_subtrees(self._tree, shape_of(sample), _DRAWS, self._config.seed, targets=sample.targets)
            return [subtree.features for subtree in islice(draws, _DRAWS)] or [shipped_demonstration()]
        except BadInput:
            return [shipped_demonstration()]
