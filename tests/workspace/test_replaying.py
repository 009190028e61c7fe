"""Replay: every kind of record of a real run comes out the same, and what has changed since is told."""

import asyncio
import json
import sqlite3
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path

import pytest

from synth.ask import Asker, Item, working_on
from synth.embed import SentenceEmbedder
from synth.engines import REPLIES, open_engines
from synth.errors import NotFound
from synth.prompts import Prompts
from synth.records import KINDS, CodeFile, Dropped, Record, Ruling, Score, Task
from synth.runs import Runs
from synth.settings import RunConfig
from synth.steps.answer import answer_instruction
from synth.steps.evolve import evolve_instruction, judge_challenge
from synth.steps.extract import extract_features, pre_extract_keywords
from synth.steps.grow import draw_for_growth, propose_growth
from synth.steps.repair import describe_error, repair_solution
from synth.steps.review_tests import review_tests, with_corrected_tests
from synth.steps.score import score_solution
from synth.steps.solve import solve_task
from synth.steps.task import make_task, task_id
from synth.store import Database
from synth.store.schema import TABLES
from synth.workspace import Workspace
from synth.workspace.replaying import Replay, Replaying
from tests import examples
from tests.loopback import Loopback, ok
from tests.past import keep_run, tree_of

SHOP = '''
def total(prices):
    """Add up."""
    result = 0
    for price in prices:
        if price < 0:
            raise ValueError(price)
        result += price
    return result


def cheapest(prices):
    """The lowest price and where it is."""
    best = 0
    for place, price in enumerate(prices):
        if price < prices[best]:
            best = place
    return best, prices[best]


class Cart:
    """Prices by name."""

    def __init__(self):
        self.prices = {}

    def add(self, name, price):
        """Keep a price, and sort by name."""
        self.prices[name] = price
        self.prices = dict(sorted(self.prices.items()))
'''
WHOLE = {
    "name": "whole",
    "extract": {"demonstration_rounds": 2, "pre_extract": 2},
    "grow": {"steps": 4, "parallel": 2},
    "sample": {"count": 4, "temperatures": (1.0, 10.0)},
    "evolve": {"roots": 3, "rounds": 2, "children": 2, "keep": 0.5},
}
PAID_SCRIPT = "<f>summation</f><s>A shop.</s><t>`total(items)` adds up.</t><i>Add up a cart.</i>"


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workspace]:
    """A workspace with one finished run of every step, and the code that it read beside it."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "shop.py").write_text(SHOP, encoding="utf-8")
    (folder / "bench.jsonl").write_text('{"q": "write a function that adds up all of the even numbers of a list"}\n')
    workspace = Workspace(folder / "w")
    workspace.add_seeds(folder / "shop.py", licence="MIT")
    files = {"decontaminate": {"files": [str(folder / "bench.jsonl")]}}
    run_id = workspace.start_run(RunConfig.model_validate({**WHOLE, **files}))
    end = time.monotonic() + 120
    while workspace.run(run_id).alive and time.monotonic() < end:
        time.sleep(0.1)
    workspace.ingest()
    assert workspace.run(run_id).state == "finished", workspace.run(run_id).error
    yield workspace
    workspace.close()


def some(workspace: Workspace, kind: str, most: int) -> list[str]:
    """Ids of a kind, spread over all there are."""
    ids = [row[0] for row in workspace.lineage.db.rows(f"select id from {TABLES[kind]} order by id")]
    return ids[:: max(1, len(ids) // most)][:most]


@pytest.mark.sandbox
@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"dropped", "ruling"}))
def test_every_kind_of_record_of_a_run_comes_out_the_same(finished: Workspace, kind: str) -> None:
    ids = some(finished, kind, 2 if kind == "verdict" else 12)
    assert ids
    replays = [finished.replaying.replay(record_id) for record_id in ids]
    assert [(one.id, one.outcome, one.reason, one.differences) for one in replays] == [
        (record_id, "same", "", ()) for record_id in ids
    ]


@pytest.mark.sandbox
def test_decisions_of_each_stage_and_scores_of_each_kind_come_out_the_same(finished: Workspace) -> None:
    rows = finished.lineage.db.rows(
        """select min(id) from choices group by stage, kept union all
        select min(id) from scores where name in ('challenge', 'diversity') group by name"""
    )
    assert len(rows) >= 6
    assert {finished.replaying.replay(row[0]).outcome for row in rows} == {"same"}


@pytest.mark.sandbox
def test_a_replay_writes_nothing_to_the_database_nor_the_run(finished: Workspace) -> None:
    db = finished.lineage.db
    folder = finished.folder / "runs"

    def state() -> object:
        counts = [db.number(f"select count(*) from {table}") for table in (*TABLES.values(), "members")]
        return counts, sorted((str(file), file.stat().st_size) for file in folder.rglob("*") if file.is_file())

    before = state()
    for kind in ("growth", "subtree", "task", "solution"):
        finished.replaying.replay(some(finished, kind, 1)[0])
    assert state() == before


@pytest.mark.sandbox
def test_a_seed_whose_file_has_changed_since_differs(finished: Workspace) -> None:
    file = finished.folder.parent / "shop.py"
    (seed_id,) = (seed.id for seed in finished.seeds()[0] if seed.name == "total")
    file.write_text(SHOP.replace("result += price", "result = result + price"), encoding="utf-8")
    said = finished.replaying.replay(seed_id)
    file.unlink()
    gone = finished.replaying.replay(seed_id)
    file.write_text(SHOP, encoding="utf-8")
    assert said.outcome == "differs"
    assert [one.field for one in said.differences] == ["id", "code"]
    assert gone.outcome == "cannot"
    assert "a seed is an input" in gone.reason


# an endpoint, without a worker


CONFIG = RunConfig.model_validate({"name": "paid", "sample": {"count": 1}})


def config_for(server: Loopback) -> RunConfig:
    engine = {"kind": "openai", "base_url": server.base_url, "model": "tiny", "structured": "no"}
    return RunConfig.model_validate({"name": "paid", "engine": engine})


def made_by(server: Loopback, folder: Path, config: RunConfig) -> Task | Dropped:
    """A task as a worker has it made: asked for once, its reply kept."""
    made = asked(
        folder, config, lambda asker: make_task(asker, examples.SUBTREE, "function", 0, config.tasks.temperature)
    )
    assert isinstance(made, Task | Dropped)
    return made


def asked(folder: Path, config: RunConfig, make: Callable[[Asker], Awaitable[Record]]) -> Record:
    """What a step makes with the engines of a run; replies are kept."""

    async def ask() -> Record:
        engines = open_engines(config, Prompts(), SentenceEmbedder(), [folder], replies=folder / REPLIES)
        try:
            return await make(engines.asker)
        finally:
            await engines.close()

    (folder / REPLIES).parent.mkdir(parents=True, exist_ok=True)
    return asyncio.run(ask())


def replay(folder: Path, record_id: str, *, fresh: bool = False) -> Replay:
    db = Database(folder / "workspace.duckdb")
    try:
        return Replaying(db, Runs(folder / "runs"), folder).replay(record_id, fresh=fresh)
    finally:
        db.close()


def test_what_an_endpoint_made_is_made_again_from_the_kept_reply_without_asking_it(tmp_path: Path) -> None:
    with Loopback(ok(PAID_SCRIPT)) as server:
        task = made_by(server, tmp_path, config_for(server))
        keep_run(tmp_path, config_for(server), [examples.SUBTREE, task])
        asked = len(server.requests)
        said = replay(tmp_path, task.id)
        assert len(server.requests) == asked == 1
    assert (said.outcome, said.run, said.spend.hits, said.spend.calls) == ("same", "r0001-paid", 1, 0)
    assert replay(tmp_path, task.id).outcome == "same", "the endpoint is gone, and not needed"


def test_without_the_kept_reply_it_says_so_and_asks_nobody(tmp_path: Path) -> None:
    with Loopback(ok(PAID_SCRIPT)) as server:
        task = made_by(server, tmp_path, config_for(server))
        keep_run(tmp_path, config_for(server), [examples.SUBTREE, task])
        with sqlite3.connect(tmp_path / REPLIES) as replies:
            replies.execute("delete from replies")
        replies.close()
        said = replay(tmp_path, task.id)
        assert len(server.requests) == 1
    assert said.outcome == "cannot"
    assert "`--fresh` asks again" in said.reason


def test_fresh_asks_anew_says_what_differs_and_leaves_the_kept_reply(tmp_path: Path) -> None:
    with Loopback(ok(PAID_SCRIPT)) as server:
        task = made_by(server, tmp_path, config_for(server))
        keep_run(tmp_path, config_for(server), [examples.SUBTREE, task])
        same = replay(tmp_path, task.id, fresh=True)
        server.answer_with(ok(PAID_SCRIPT.replace("a cart", "a basket")))
        other = replay(tmp_path, task.id, fresh=True)
        server.answer_with(ok("<decline>nothing fits</decline>"))
        declined = replay(tmp_path, task.id, fresh=True)
        assert len(server.requests) == 4
    assert (same.outcome, same.spend.calls, same.spend.input_tokens) == ("same", 1, 11)
    assert same.spend.money is None, "no price is known of `tiny`"
    assert other.outcome == "differs"
    assert [(one.field, one.was, one.now) for one in other.differences] == [
        ("instruction", '"Add up a cart."', '"Add up a basket."')
    ]
    assert (declined.outcome, declined.reason) == ("differs", "now: declined: nothing fits")
    assert replay(tmp_path, task.id).outcome == "same"


def test_what_was_dropped_is_tried_again(tmp_path: Path) -> None:
    with Loopback(ok("<decline>nothing fits</decline>")) as server:
        item = made_by(server, tmp_path, config_for(server))
        assert isinstance(item, Dropped)
        keep_run(tmp_path, config_for(server), [examples.SUBTREE, item])
        assert replay(tmp_path, item.id).outcome == "same"
        server.answer_with(ok(PAID_SCRIPT))
        said = replay(tmp_path, item.wanted_id, fresh=True)
    assert (said.outcome, said.reason) == ("differs", f"now there is a task, {item.wanted_id}.")


def test_what_a_person_had_tried_anew_is_made_from_the_reply_of_that_try(tmp_path: Path) -> None:
    with Loopback(ok("<decline>no</decline>"), ok(PAID_SCRIPT)) as server:
        config = config_for(server)
        item = made_by(server, tmp_path, config)
        assert isinstance(item, Dropped)

        async def again(asker: Asker) -> Record:
            with working_on(Item(item.wanted_id, take=1)):
                return await make_task(asker, examples.SUBTREE, "function", 0, config.tasks.temperature)

        task = asked(tmp_path, config, again)
        run_id = keep_run(tmp_path, config, [examples.SUBTREE, task])
        assert replay(tmp_path, task.id).reason == "now: declined: no"
        wish = {"at": "2026-01-01T00:00:00+00:00", "kind": "retry", "wanted": [task.id], "take": 1}
        (tmp_path / "runs" / run_id / "amendments.jsonl").write_text(f"{json.dumps(wish)}\n", encoding="utf-8")
        assert replay(tmp_path, task.id).outcome == "same"
        assert len(server.requests) == 2


DROPPING: dict[str, Callable[[Asker, RunConfig], Awaitable[Record]]] = {
    "pre_extract": lambda asker, config: pre_extract_keywords(asker, examples.SEED, config.extract.temperature),
    "extract": lambda asker, config: extract_features(asker, examples.SEED, None, config.extract.temperature),
    "grow": lambda asker, config: propose_growth(
        asker,
        draw_for_growth(TREE, config.grow.widths, config.grow.draw_temperature, config.seed, 1),
        1,
        config.grow.temperature,
    ),
    "solve": lambda asker, config: solve_task(asker, examples.TASK, config.tasks.temperature),
    "repair": lambda asker, config: repair_solution(
        asker, examples.TASK, examples.DRAFT, examples.FAILED, config.tasks.temperature
    ),
    "review tests": lambda asker, config: review_tests(
        asker, examples.TASK, examples.DRAFT, examples.FAILED, describe_error(examples.FAILED)
    ),
    "evolve": lambda asker, config: evolve_instruction(
        asker, examples.CHILD, 2, examples.CHALLENGE.value, None, config.evolve.temperature
    ),
    "judge": lambda asker, config: judge_challenge(asker, examples.CHILD),
    "answer": lambda asker, config: answer_instruction(asker, examples.CHILD),
}
TREE = tree_of([examples.EXTRACTION])


@pytest.mark.parametrize("step", DROPPING)
def test_what_was_dropped_at_any_step_is_tried_again(tmp_path: Path, step: str) -> None:
    with Loopback(ok("<decline>no</decline>")) as server:
        config = config_for(server)
        item = asked(tmp_path, config, lambda asker: DROPPING[step](asker, config))
        assert isinstance(item, Dropped)
        assert item.step == step
        parents = [record for record in examples.ALL if record.kind not in ("growth", "dropped")]
        keep_run(tmp_path, config, [*parents, item], [examples.SEED])
        said = replay(tmp_path, item.id)
        assert len(server.requests) == 1
    assert (said.outcome, said.reason, said.spend.hits) == ("same", "", 0)


def test_a_judges_ruling_and_the_attempt_with_corrected_tests_come_out_the_same(tmp_path: Path) -> None:
    wrong = examples.DRAFT.tests[0].text.replace("== 3", "== 4")
    draft = examples.DRAFT.model_copy(update={"tests": (CodeFile(path="test_cart.py", text=wrong),)})
    fixed = f"<file>test_cart.py</file>\n```python\n{examples.DRAFT.tests[0].text}```\n"
    verdict = examples.FAILED
    with Loopback(ok(f"<verdict>tests</verdict><reason>1 + 2 is 3</reason>\n{fixed}")) as server:
        config = config_for(server)
        ruling = asked(
            tmp_path, config, lambda asker: review_tests(asker, examples.TASK, draft, verdict, describe_error(verdict))
        )
        assert isinstance(ruling, Ruling)
        corrected = with_corrected_tests(draft, ruling)
        keep_run(tmp_path, config, [examples.SUBTREE, examples.TASK, draft, verdict, ruling, corrected])
    assert [replay(tmp_path, record.id).outcome for record in (ruling, corrected)] == ["same", "same"]


# what cannot be made again


def offline_task(config: RunConfig, **changed: object) -> Task:
    """A task with the id that an offline run gives it."""
    asker = asyncio.run(_offline_asker(config))
    prompt = asker.prompts.get("make_task")
    made = examples.MADE.model_copy(update={"prompt": "make_task", "prompt_hash": prompt.hash, **changed})
    wanted = task_id(asker, examples.SUBTREE, "function", 0, config.tasks.temperature)
    return examples.TASK.model_copy(update={"id": wanted, "made": made})


async def _offline_asker(config: RunConfig) -> Asker:
    engines = open_engines(config, Prompts(), SentenceEmbedder())
    await engines.close()
    return engines.asker


def cannot(folder: Path, records: Sequence[Record], record_id: str) -> str:
    """Why a record of a run cannot be made again."""
    keep_run(folder, CONFIG, records)
    said = replay(folder, record_id)
    assert said.outcome == "cannot"
    return said.reason


def test_a_missing_parent_is_named(tmp_path: Path) -> None:
    task = offline_task(CONFIG)
    assert cannot(tmp_path, [task], task.id) == "its subtree subtree-1 is not in this workspace."


@pytest.mark.parametrize("record", examples.ALL, ids=lambda record: record.id)
def test_records_of_no_known_making_are_told_apart_from_those_that_differ(tmp_path: Path, record: Record) -> None:
    keep_run(tmp_path, CONFIG, examples.ALL)
    said = replay(tmp_path, record.id)
    assert said.outcome in ("cannot", "differs")
    assert said.reason or said.differences


def test_another_text_of_the_prompt_is_told(tmp_path: Path) -> None:
    task = offline_task(CONFIG, prompt_hash="0" * 16).model_copy(update={"id": "task-0123456789abcdef"})
    reason = cannot(tmp_path, [examples.SUBTREE, task], task.id)
    assert "another text of the prompt `make_task`, 0000000000000000" in reason


def test_the_runs_own_copy_of_a_prompt_is_used_whatever_the_shipped_one_says(tmp_path: Path) -> None:
    run_id = keep_run(tmp_path, CONFIG, [])
    prompt = tmp_path / "runs" / run_id / "snapshot" / "prompts" / "make_task.md"
    prompt.write_text(prompt.read_text(encoding="utf-8").replace("---\n", "---\n# of that time\n", 1), encoding="utf-8")
    own = Prompts(prompt.parent).get("make_task").hash
    assert own != Prompts().get("make_task").hash
    task = offline_task(CONFIG)
    db = Database(tmp_path / "workspace.duckdb")
    db.add([examples.SUBTREE, task], run_id)
    db.close()
    assert (
        f"give {own}" in replay(tmp_path, task.id).reason or "comes another record" in replay(tmp_path, task.id).reason
    )


def test_a_record_without_a_run_and_one_whose_run_is_gone_are_told(tmp_path: Path) -> None:
    run_id = keep_run(tmp_path, CONFIG, [examples.SUBTREE, examples.TASK])
    db = Database(tmp_path / "workspace.duckdb")
    db.add([examples.ANSWER])
    db.close()
    assert "no run of this workspace made it" in replay(tmp_path, "answer-1").reason
    for file in sorted((tmp_path / "runs" / run_id).rglob("*"), reverse=True):
        file.unlink() if file.is_file() else file.rmdir()
    assert replay(tmp_path, "task-1").reason == f"its run {run_id} is gone from this workspace."


def test_a_measure_that_comes_out_otherwise_now_differs_in_its_value(tmp_path: Path) -> None:
    scores = score_solution(examples.REPAIRED, examples.SUBTREE)
    altered = scores[0].model_copy(update={"value": scores[0].value + 1})
    keep_run(tmp_path, CONFIG, [examples.SUBTREE, examples.TASK, examples.REPAIRED, altered, scores[1]])
    assert replay(tmp_path, scores[1].id).outcome == "same"
    said = replay(tmp_path, altered.id)
    assert said.outcome == "differs"
    assert [(one.field, json.loads(one.was) - json.loads(one.now)) for one in said.differences] == [("value", 1.0)]


def test_long_texts_are_shown_from_where_they_part(tmp_path: Path) -> None:
    measured = examples.REPAIRED.model_copy(update={"files": (CodeFile(path="a.py", text="def ("),)})
    (unparsed,) = score_solution(measured, examples.SUBTREE)
    other = unparsed.model_copy(update={"reason": f"{'because ' * 400}{unparsed.reason}"})
    keep_run(tmp_path, CONFIG, [examples.SUBTREE, examples.TASK, measured, other])
    (difference,) = replay(tmp_path, other.id).differences
    assert difference.field == "reason"
    assert max(len(difference.was), len(difference.now)) <= 242


def test_an_unknown_id_is_not_found(tmp_path: Path) -> None:
    keep_run(tmp_path, CONFIG, [])
    with pytest.raises(NotFound, match="no record `task-404`"):
        replay(tmp_path, "task-404")


def test_a_broken_snapshot_is_told(tmp_path: Path) -> None:
    run_id = keep_run(tmp_path, CONFIG, [examples.SUBTREE])
    (tmp_path / "runs" / run_id / "snapshot" / "extractions.jsonl").unlink()
    assert replay(tmp_path, "subtree-1").reason == f"`extractions.jsonl` is gone from the snapshot of {run_id}."


def test_scores_of_the_same_name_by_others_are_not_mixed_up(tmp_path: Path) -> None:
    score = Score(id="score-77", subject_id="instruction-1", name="taste", value=3.0, by="a person")
    keep_run(tmp_path, CONFIG, [examples.ROOT, examples.CHILD, score])
    assert replay(tmp_path, "score-77").outcome == "cannot"
