import asyncio

import pytest

from synth.ask import Asker, Unparseable
from synth.prompts import Prompts
from synth.records import Dropped, Instruction, Made, Score, Seed, Task
from synth.steps.evolve import (
    challenge_id,
    evolve_instruction,
    instruction_id,
    judge_challenge,
    parse_question,
    parse_rating,
    plant_seed,
    plant_task,
)
from tests.scripted import ScriptedModel

QUESTION = (
    "Write a function `merge_intervals(spans)` that takes pairs and returns one merged list, sorted by start. "
    "Raise ValueError for a pair whose end lies before its start, and return an empty list for an empty one."
)
MADE = Made(engine="offline", model="offline-2", prompt="make_task", prompt_hash="0", temperature=0.7)
SEED = Seed(
    id="seed-1", source="path", path="app/x.py", line=1, end_line=2, name="f", unit="function",
    code="def f(spans):\n    return sorted(spans)  # {{ code }} ```", licence="MIT",
)  # fmt: skip
TASK = Task(
    id="task-1", subtree_id="subtree-1", level="function", draw=0, selected=("sorting",), scenario="s",
    statement="It takes numbers.", instruction="Sort the numbers.", made=MADE,
)  # fmt: skip


def evolve(
    replies: list[str],
    parent: Instruction,
    challenge: float | None = None,
    diversity: float | None = None,
    draw: int = 0,
) -> tuple[Instruction | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    return asyncio.run(evolve_instruction(Asker(model), parent, draw, challenge, diversity, 1.0)), model


def child_of(parent: Instruction) -> Instruction:
    made, _ = evolve([f"Step 3 [Programming Question]: {QUESTION}"], parent)
    assert isinstance(made, Instruction)
    return made


def test_a_root_holds_the_code_or_the_task_it_grows_from() -> None:
    seed, task = plant_seed(SEED), plant_task(TASK)
    assert (seed.text, seed.origin_id, seed.round, seed.made) == (SEED.code, SEED.id, 0, None)
    assert (task.text, task.origin_id, task.round, task.made) == (TASK.question, TASK.id, 0, None)
    assert seed.tree_id == seed.id
    assert seed.id != task.id
    assert plant_seed(SEED) == seed


def test_the_first_round_from_a_seed_is_asked_for_with_the_code() -> None:
    _, model = evolve([f"Step 3 [Programming Question]: {QUESTION}"], plant_seed(SEED), 5.0, 5.0, draw=2)
    assert model.requests[0].prompt == "evolve_from_code"
    assert model.requests[0].draw == 2
    assert model.requests[0].temperature == 1.0
    assert SEED.code in model.requests[0].text


def test_a_task_root_is_evolved_from_its_question_with_scores_not_rated() -> None:
    _, model = evolve([f"Step 2 [Programming Question]: {QUESTION}"], plant_task(TASK))
    assert model.requests[0].prompt == "evolve_from_question"
    assert model.requests[0].inputs == {"question": TASK.question, "challenge": "not rated", "diversity": "not rated"}
    assert model.requests[0].text.count("not rated") >= 2


def test_later_rounds_see_the_parents_scores() -> None:
    _, model = evolve([f"Step 2 [Programming Question]: {QUESTION}"], child_of(plant_seed(SEED)), 7.0, 3.14159)
    assert model.requests[0].prompt == "evolve_from_question"
    assert model.requests[0].inputs["challenge"] == "7.0"
    assert model.requests[0].inputs["diversity"] == "3.1"


def test_a_child_knows_its_place_in_the_tree() -> None:
    root = plant_seed(SEED)
    child = child_of(root)
    grandchild = child_of(child)
    assert (child.parent_id, child.tree_id, child.round, child.origin_id) == (root.id, root.id, 1, SEED.id)
    assert (grandchild.parent_id, grandchild.tree_id, grandchild.round) == (child.id, root.id, 2)
    assert child.made is not None
    assert child.made.prompt == "evolve_from_code"


def test_the_id_is_known_before_the_work_and_tells_siblings_and_marks_apart() -> None:
    parent = child_of(plant_seed(SEED))
    asker = Asker(ScriptedModel([]))
    made, _ = evolve([f"Step 2 [Programming Question]: {QUESTION}"], parent, 7.0, 3.0, draw=1)
    assert made.id == instruction_id(asker, parent, 1, 7.0, 3.0, 1.0)
    others = [(0, 7.0, 3.0, 1.0), (1, 8.0, 3.0, 1.0), (1, 7.0, None, 1.0), (1, 3.0, 7.0, 1.0), (1, 7.0, 3.0, 0.5)]
    ids = {instruction_id(asker, parent, *other) for other in others}
    assert len(ids) == len(others)
    assert made.id not in ids
    assert instruction_id(asker, parent, 1, 7.0, 3.0000001, 1.0) == made.id


@pytest.mark.parametrize(
    "reply",
    [
        "Step 1 [Concept List]: a\nStep 2 [Plan]: b\nStep 3 [Programming Question]: {}",
        "**Step 1 [Plan]:** p\n\n**Step 2 [Programming Question]:**\n\n{}\n",
        "### Step 2 [Programming Question]\n{}",
        "Step 1: the [Programming Question] will be about spans.\nStep 2 [programming question] :\n{}",
        "**[Programming Question]**: {}",
        "Step 2: Programming Question\n\n{}",
        "**Step 3: Programming Question:**\n{}",
        "[Plan] x [Programming Question]:{}",
    ],
)
def test_the_question_is_what_follows_the_last_marker_however_it_is_dressed(reply: str) -> None:
    assert parse_question(reply.format(QUESTION)) == QUESTION


def test_emphasis_that_opens_the_question_itself_stays() -> None:
    titled = f"**Interval merging.** {QUESTION}"
    assert parse_question(f"**Step 2 [Programming Question]:** {titled}") == titled
    assert parse_question(f"Step 2 [Programming Question]:\n{titled}") == titled


def test_a_reply_of_blanks_and_half_markers_is_refused_quickly() -> None:
    with pytest.raises(Unparseable, match="no section"):
        parse_question(" " * 200_000 + "[" * 50_000 + "step 1" * 20_000)


def test_a_question_of_21_words_is_long_enough_and_one_of_20_is_not() -> None:
    assert parse_question("[Programming Question]: " + "word " * 21)
    with pytest.raises(Unparseable, match="too short: the question has 20 words"):
        parse_question("[Programming Question]: " + "word " * 20)


def test_a_short_question_is_asked_for_once_more() -> None:
    made, model = evolve(
        ["Step 3 [Programming Question]: Sort it.", f"Step 3 [Programming Question]: {QUESTION}"], plant_seed(SEED)
    )
    assert isinstance(made, Instruction)
    assert made.text == QUESTION
    assert "too short" in model.requests[1].previous[0].complaint


def test_a_question_that_stays_too_short_is_dropped_with_the_reply() -> None:
    root = plant_seed(SEED)
    made, model = evolve(["[Programming Question]: Sort.", "[Programming Question]: Sort it."], root)
    assert isinstance(made, Dropped)
    assert "too short" in made.reason
    assert made.raw == "[Programming Question]: Sort it."
    assert (made.step, made.subject_id) == ("evolve", root.id)
    assert made.wanted_id == instruction_id(Asker(model), root, 0, None, None, 1.0)


def test_a_declined_question_is_recorded_with_its_reason() -> None:
    made, _ = evolve(["<decline>only constants</decline>"], plant_seed(SEED))
    assert isinstance(made, Dropped)
    assert made.reason == "declined: only constants"


ACCEPTED = {
    "8": 8, "1": 1, "10": 10, "7/10": 7, "7 / 10": 7, "**8**": 8, "8\nOverall, a hard one.": 8, "8.": 8, "`9`": 9,
    "**8**/10": 8, "[6]": 6, "8 out of 10": 8, "8, since it needs 3 ideas": 8, "\n\n 5 \n": 5, "**7/10**": 7, "$9$": 9,
    "8 - strong": 8,
}  # fmt: skip
REFUSED = [
    "15", "0", "7.5", "8.0", "7,5", "", "eight", "Score: high", "-3", "100", "85%", "7-8", "7 to 8", "15/20", "n/a",
    "8th", "11/10", "7–8", "99999999999999999999",
]  # fmt: skip


@pytest.mark.parametrize(("said", "rating"), ACCEPTED.items())
def test_a_judge_reply_with_one_integer_in_range_is_accepted(said: str, rating: int) -> None:
    reply = f"Step 1 [Judge Reason]: Two parts of 4 steps.\n\nStep 2 [Final Score]: {said}"
    assert parse_rating(reply) == (rating, "Two parts of 4 steps.")


@pytest.mark.parametrize("said", REFUSED)
def test_a_judge_reply_without_one_is_refused(said: str) -> None:
    with pytest.raises(Unparseable):
        parse_rating(f"Step 1 [Judge Reason]: r\nStep 2 [Final Score]: {said}")


@pytest.mark.parametrize("reply", ["8", "The score is 8.", "**Final verdict** 8"])
def test_a_judge_reply_without_the_section_is_refused(reply: str) -> None:
    with pytest.raises(Unparseable, match="Final Score"):
        parse_rating(reply)


def test_the_judges_reason_is_kept_in_any_dress() -> None:
    reply = "**Step 1 [Judge Reason]:**\n1. **Depth**: some\n2. more\n\n**Step 2 [Final Score]:** **6**"
    assert parse_rating(reply) == (6, "1. **Depth**: some\n2. more")
    assert parse_rating("It is plain.\n## Step 2: Final Score\n3") == (3, "It is plain.")


def judge(replies: list[str], instruction: Instruction) -> tuple[Score | Dropped, ScriptedModel]:
    model = ScriptedModel(replies)
    return asyncio.run(judge_challenge(Asker(model), instruction)), model


def test_a_challenge_score_says_who_gave_it_and_why() -> None:
    child = child_of(plant_seed(SEED))
    score, model = judge(["Step 1 [Judge Reason]: Easy.\nStep 2 [Final Score]: 3"], child)
    assert isinstance(score, Score)
    assert (score.name, score.value, score.reason, score.by) == ("challenge", 3.0, "Easy.", "scripted/scripted-1")
    assert (score.subject_id, score.id) == (child.id, challenge_id(Asker(model), child))
    assert model.requests[0].temperature == 0.0
    assert model.requests[0].inputs == {"question": child.text}


def test_a_judge_is_asked_again_after_a_rating_off_the_scale() -> None:
    child = child_of(plant_seed(SEED))
    score, model = judge(["[Final Score]: 15", "[Judge Reason]: fine [Final Score]: 9"], child)
    assert isinstance(score, Score)
    assert (score.value, score.reason) == (9.0, "fine")
    assert "between 1 and 10" in model.requests[1].previous[0].complaint


def test_a_judge_that_never_rates_leaves_the_instruction_unscored() -> None:
    child = child_of(plant_seed(SEED))
    score, model = judge(["[Final Score]: 7.5", "[Final Score]: high"], child)
    assert isinstance(score, Dropped)
    assert score.step == "judge"
    assert score.wanted_id == challenge_id(Asker(model), child)


@pytest.mark.parametrize(
    ("name", "inputs"),
    [
        ("evolve_from_code", {"code": "x = 1"}),
        ("evolve_from_question", {"question": "q", "challenge": "7.0", "diversity": "not rated"}),
        ("judge_challenge", {"question": "q"}),
        ("answer_instruction", {"question": "q"}),
    ],
)
def test_every_prompt_of_evolution_renders_and_offers_to_decline(name: str, inputs: dict[str, str]) -> None:
    text = Prompts().get(name).render(inputs)
    assert all(value in text for value in inputs.values())
    assert "<decline>why</decline>" in text
    assert "{{" not in text
