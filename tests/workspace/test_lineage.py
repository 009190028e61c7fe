"""Lineage of every kind of record: up to the seeds, down to what came of it; short ids, damaged workspaces, costs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.errors import NotFound
from synth.records import KINDS, Made, Record
from synth.store import Database
from synth.workspace.lineage import Came, Lineage, LineageNode
from tests import examples
from tests.past import tree_of

PAID = Made(
    engine="openai",
    model="tiny",
    prompt="make_task",
    prompt_hash="1" * 16,
    temperature=0.5,
    prompt_tokens=100,
    completion_tokens=20,
    calls=2,
    cost=0.25,
)
UNKNOWN = PAID.model_copy(update={"prompt_tokens": None, "completion_tokens": None, "cost": None, "calls": 1})


@pytest.fixture
def db(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "w.duckdb")
    yield database
    database.close()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lineage]:
    """The lineage of a workspace with one record of each kind."""
    database = Database(tmp_path_factory.mktemp("shop") / "w.duckdb")
    yield lineage(database)
    database.close()


def lineage(db: Database, records: tuple[Record, ...] = examples.ALL, listed: int = 8) -> Lineage:
    db.add(records, "r0001-shop")
    tree = tree_of(records)
    return Lineage(db, lambda: tree, listed)


def chain(nodes: tuple[LineageNode, ...]) -> list[str]:
    """Kinds from the top down, always the last entry: the parent proper stands last."""
    return [nodes[-1].kind, *chain(nodes[-1].nodes)] if nodes else []


def every(nodes: tuple[LineageNode, ...]) -> Iterator[LineageNode]:
    for node in nodes:
        yield node
        yield from every(node.nodes)


def ids(nodes: tuple[LineageNode, ...]) -> list[str]:
    return [node.id for node in every(nodes)]


@pytest.mark.parametrize("record", examples.ALL, ids=lambda record: record.id)
def test_every_kind_of_record_has_a_lineage(shop: Lineage, record: Record) -> None:
    came = shop.show(record.id)
    assert (came.record.id, came.record.kind) == (record.id, record.kind)
    assert came.record.runs == ("r0001-shop",)
    assert came.record.line
    assert came.record.line.isprintable()


def test_the_examples_hold_every_kind() -> None:
    assert {record.kind for record in examples.ALL} == set(KINDS)


@pytest.mark.parametrize(
    ("record_id", "way"),
    [
        ("score-1", ["solution", "solution", "task", "subtree", "feature", "extraction", "seed"]),
        ("verdict-2", ["solution", "solution", "task", "subtree", "feature", "extraction", "seed"]),
        ("answer-1", ["instruction", "instruction", "seed"]),
        ("choice-2", ["instruction", "instruction", "seed"]),
        ("growth-1", ["feature", "extraction", "seed"]),
        ("pre_extraction-1", ["seed"]),
        ("seed-1", []),
    ],
)
def test_the_way_up_leads_to_the_seed(shop: Lineage, record_id: str, way: list[str]) -> None:
    assert chain(shop.show(record_id).above) == way


def test_the_way_down_leads_from_a_seed_to_the_answer_and_from_its_features_to_draws(shop: Lineage) -> None:
    below = shop.show("seed-1").below
    assert {"extraction-1", "subtree-1", "instruction-1", "choice-2", "answer-1"} <= set(ids(below))


def test_the_way_down_leads_from_a_draw_to_the_scores_each_once(shop: Lineage) -> None:
    found = ids(shop.show("subtree-1").below)
    assert found == [
        "task-1", "solution-1", "verdict-1", "solution-2", "verdict-2", "ruling-1", "score-1"
    ]  # fmt: skip


def test_a_repair_names_the_verdict_that_it_was_to_mend(shop: Lineage) -> None:
    above = shop.show("solution-2").above
    assert [(node.id, node.role) for node in above] == [
        ("verdict-1", "what was to be mended"),
        ("solution-1", "the attempt before"),
    ]


def test_a_feature_says_which_growth_made_it(db: Database) -> None:
    grown = ("algorithm", "moving average")
    drawn = examples.SUBTREE.model_copy(update={"features": (("algorithm",), grown), "mandatory": (grown,)})
    records = (*(record for record in examples.ALL if record != examples.SUBTREE), drawn)
    (feature,) = lineage(db, records).show("subtree-1").above
    assert feature.id == "algorithm › moving average"
    assert feature.line == "added by growth; no seed shows it"
    assert [node.id for node in feature.nodes] == ["growth-1"]


def test_what_was_dropped_is_found_by_the_id_that_it_would_have_had(shop: Lineage) -> None:
    came = shop.show("task-9")
    assert came.record.id == "dropped-task-9"
    assert "declined: nothing fits" in came.record.line
    assert [(node.kind, node.id) for node in came.above] == [("missing", "subtree-9")]


def test_long_lists_are_cut_and_say_so_unless_all_is_asked_for(db: Database) -> None:
    scores = [examples.SCORE.model_copy(update={"id": f"score-9{n:03}", "name": f"m{n:03}"}) for n in range(40)]
    door = lineage(db, (*examples.ALL, *scores))
    few, whole = door.show("solution-2"), door.show("solution-2", everything=True)
    assert few.below_more == 33
    assert len([node for node in few.below if node.kind == "score"]) == 8
    assert whole.below_more == 0
    assert len([node for node in whole.below if node.kind == "score"]) == 41


def test_a_feature_of_thousands_of_seeds_lists_three_and_counts_the_rest(db: Database) -> None:
    read = [
        examples.EXTRACTION.model_copy(update={"id": f"extraction-9{n:04}", "seed_id": f"seed-9{n:04}"})
        for n in range(3000)
    ]
    (feature,) = lineage(db, (*examples.ALL, *read)).show("subtree-1").above
    assert feature.line == "shown by 3,001 seeds"
    assert len(feature.nodes) == 3
    assert feature.more == 2998


def test_a_record_that_stands_twice_is_opened_once(db: Database) -> None:
    both = (("algorithm",), ("algorithm", "summation"), ("data structures",), ("data structures", "list"))
    drawn = examples.SUBTREE.model_copy(update={"features": both})
    records = (*(record for record in examples.ALL if record != examples.SUBTREE), drawn)
    nodes = [node for node in every(lineage(db, records).show("subtree-1").above) if node.id == "extraction-1"]
    assert [node.again for node in nodes] == [False, True]
    assert [len(node.nodes) for node in nodes] == [1, 0]


@pytest.mark.parametrize("gone", examples.ALL, ids=lambda record: record.id)
def test_a_workspace_that_lost_a_record_still_shows_the_others(db: Database, gone: Record) -> None:
    left = tuple(record for record in examples.ALL if record is not gone)
    door = lineage(db, left)
    for record in left:
        came = door.show(record.id, everything=True)
        assert gone.id not in {node.id for node in every((*came.above, *came.below)) if node.kind != "missing"}


def test_records_that_name_each_other_in_a_circle_end(db: Database) -> None:
    loop = [
        examples.CHILD.model_copy(update={"id": f"instruction-{one}", "parent_id": f"instruction-{other}"})
        for one, other in ((8, 9), (9, 8))
    ]
    came = lineage(db, (*loop,)).show("instruction-8")
    assert len(ids(came.above)) < 10
    assert len(ids(came.below)) < 10


def test_the_beginning_of_an_id_is_enough_also_without_its_kind(db: Database) -> None:
    task = examples.TASK.model_copy(update={"id": "task-3f0c9b5e11aa7d02"})
    other = examples.TASK.model_copy(update={"id": "task-3f0dffffffffffff"})
    door = lineage(db, (task, other))
    assert door.find("task-3f0c9").id == task.id
    assert door.find("3f0c9b").id == task.id
    assert door.find(f"  {task.id}\n").id == task.id
    with pytest.raises(NotFound, match="several ids: `task-3f0c9b5e11aa7d02`, `task-3f0dffffffffffff`"):
        door.find("task-3f0")
    with pytest.raises(NotFound, match="alike are `task-3f0c9b5e11aa7d02`"):
        door.find("task-3f0c9b5e11aa7d12")


@pytest.mark.parametrize(
    "hostile",
    ["", " ", "'; drop table tasks; --", "%", "task-%", "x" * 100_000, "\x1b[31mtask", "task-\0", "\udcff", "../../x"],
)
def test_a_hostile_id_is_no_record_and_the_answer_can_be_printed(shop: Lineage, hostile: str) -> None:
    with pytest.raises(NotFound) as raised:
        shop.find(hostile)
    assert str(raised.value).isprintable()
    assert len(str(raised.value)) < 400


def test_costs_add_up_over_the_line_of_ancestors_each_call_once(db: Database) -> None:
    changed = {"made": PAID}
    corrected = examples.REPAIRED.model_copy(
        update={
            "id": "solution-3",
            "attempt": 2,
            "previous_id": "solution-2",
            "tests_change": examples.RULING.change,
            "made": PAID.model_copy(update={"prompt": "review_tests"}),
        }
    )
    records = (
        examples.SEED,
        examples.EXTRACTION.model_copy(update=changed),
        examples.SUBTREE,
        examples.TASK.model_copy(update=changed),
        examples.DRAFT.model_copy(update={"made": UNKNOWN}),
        examples.REPAIRED.model_copy(update=changed),
        examples.RULING.model_copy(update={"made": PAID.model_copy(update={"prompt": "review_tests"})}),
        corrected,
    )
    came: Came = lineage(db, records).show("solution-3")
    assert came.own.calls == 2 + 1 + 2 + 2, "the ruling and the attempt that came with it are one call"
    assert came.own.cost == pytest.approx(0.75)
    assert came.own.unpriced == 1
    assert came.own.unmeasured == 1
    assert came.shared.cost == pytest.approx(0.25)
    assert came.bills[0] == (
        "It and its own line of ancestors: cost 0.75 and 1 call of unknown cost, "
        "7 calls, 300 tokens in and 60 out, those of 1 call unknown."
    )


def test_lines_hold_nothing_that_a_terminal_obeys(db: Database) -> None:
    evil = examples.TASK.model_copy(update={"instruction": "\x1b]0;owned\x07 \r\n[red]not markup[/red]" + "x" * 9000})
    came = lineage(db, (evil,)).show("task-1")
    assert came.record.line.isprintable()
    assert len(came.record.line) <= 160
