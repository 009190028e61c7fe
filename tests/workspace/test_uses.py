"""What was generated from each feature: against plain Python, record by record and all at once, while others write."""

import math
import random
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synth.errors import NotFound
from synth.records import FeaturePath, Made, Record, Solution, Subtree, Task, Verdict
from synth.store import Database
from synth.store.tree_log import TreeLog
from synth.tree.columns import ROOT
from synth.tree.fragment import FragmentBuilder
from synth.tree.operations import Actor, Add, Delete, Move, Rename
from synth.workspace.tree import TreeKeeper
from synth.workspace.uses import FeatureUse, Uses
from tests.examples import BEAM, MADE, PASSED, REPAIRED, SUBTREE, TASK

ODD = ("algorithm", "a > b", 'say "hi"', "🦊 数据", "[", "]", ", ", "\0\x1f\\", "--- / '", '","', "x\u2028y\n")
LANGUAGE = ("programming language", "Python")


class Place:
    """A workspace's tree and records."""

    def __init__(self, folder: Path) -> None:
        self.db = Database(folder / "workspace.duckdb")
        self.keeper = TreeKeeper(TreeLog(self.db, folder / "tree"), folder / "tree")
        self.uses = Uses(self.db, self.keeper)

    def plant(self, paths: Sequence[FeaturePath], observed: int = 1) -> None:
        """Add features to the tree."""
        made = FragmentBuilder()
        for path in paths:
            made.count(made.add_path(path), observed=observed)
        self.keeper.load(made.finish(ordered=False), Actor(kind="import", name="file"))

    def node(self, *path: str) -> int:
        """The node at a path that is there."""
        node = self.keeper.tree.node(path)
        assert node is not None
        return node

    def use(self, *path: str) -> FeatureUse:
        """What was generated from the feature at a path."""
        return self.uses.of(self.node(*path))

    def all_of(self, uses: Uses) -> list[FeatureUse]:
        """What was generated from every feature."""
        return [uses.of(node) for node in self.keeper.tree.nodes()]


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    made = Place(tmp_path)
    yield made
    made.uses.close()
    made.db.close()


def closed(paths: Sequence[FeaturePath]) -> tuple[FeaturePath, ...]:
    """The paths and all above them, parents first."""
    return tuple(sorted({path[:depth] for path in paths for depth in range(1, len(path) + 1)}))


def subtree(name: str, *paths: FeaturePath) -> Subtree:
    """A draw that ends at these paths."""
    return SUBTREE.model_copy(update={"id": name, "features": closed(paths), "mandatory": ()})


def made(chance: random.Random) -> Made:
    """Provenance that may not know its tokens."""
    tokens = [None if chance.random() < 0.3 else chance.randrange(1_000) for _ in range(2)]
    return MADE.model_copy(update={"prompt_tokens": tokens[0], "completion_tokens": tokens[1]})


def generated(chance: random.Random, paths: Sequence[FeaturePath], count: int, name: str) -> list[Record]:
    """Subtrees, with tasks, attempts, verdicts and choices for some of them."""
    records: list[Record] = []
    for number in range(count):
        drawn = subtree(f"subtree-{name}-{number}", *chance.sample(paths, chance.randint(1, 4)))
        records.append(drawn)
        for draw in range(chance.choice((0, 1, 1, 2))):
            task = TASK.model_copy(update={"id": f"task-{name}-{number}-{draw}", "subtree_id": drawn.id})
            records.append(task.model_copy(update={"made": made(chance)}))
            if chance.random() < 0.4:
                records.append(
                    BEAM.model_copy(
                        update={
                            "id": f"choice-{task.id}",
                            "subject_id": task.id,
                            "stage": "decontaminate",
                            "kept": chance.random() < 0.5,
                        }
                    )
                )
            for attempt in range(chance.randrange(4)):
                solution = REPAIRED.model_copy(update={"id": f"solution-{task.id}-{attempt}", "task_id": task.id})
                records.append(solution.model_copy(update={"attempt": attempt, "made": made(chance)}))
                if chance.random() < 0.9:
                    outcome = chance.choice(("passed", "passed", "passed", "failed", "infra_error"))
                    verdict = {"id": f"verdict-{solution.id}", "solution_id": solution.id, "outcome": outcome}
                    records.append(PASSED.model_copy(update=verdict))
    return records


def known(values: Sequence[int | None]) -> int | None:
    """The sum of what is known."""
    told = [value for value in values if value is not None]
    return sum(told) if told else None


def plain(db: Database, node: int, path: FeaturePath) -> FeatureUse:
    """The same in plain Python, straight from the records."""
    verdicts = {verdict.solution_id: verdict for verdict in db.records(Verdict)}
    rows = "select subject_id from choices where stage = 'decontaminate' and not kept"
    overlapping = {row[0] for row in db.rows(rows)}
    drew = [one for one in db.records(Subtree) if path in one.features]
    ids = {one.id for one in drew}
    tasks = [task for task in db.records(Task) if task.subtree_id in ids]
    ended = sum(not any(other[:-1] == path for other in one.features) for one in drew)
    tries = {task.id: db.records(Solution, "task_id = ? order by attempt, id", [task.id]) for task in tasks}
    passed = [t.id for t in tasks if tries[t.id] and (v := verdicts.get(tries[t.id][-1].id)) is not None and v.proven]
    spent = [record.made for task in tasks for record in (task, *tries[task.id])]
    return FeatureUse(
        node=node,
        drawn=len(drew),
        ended=ended,
        tasks=len(tasks),
        passed=len(passed),
        kept=len(set(passed) - overlapping),
        tokens_in=known([one.prompt_tokens for one in spent]),
        tokens_out=known([one.completion_tokens for one in spent]),
    )


def some_paths(chance: random.Random, count: int) -> list[FeaturePath]:
    """Paths with odd names, three levels deep at most."""
    return [tuple(chance.choice(ODD) for _ in range(chance.randint(1, 3))) for _ in range(count)]


@pytest.mark.parametrize("seed", range(3))
def test_counts_are_those_of_the_records_one_by_one(place: Place, seed: int) -> None:
    chance = random.Random(seed)
    paths = some_paths(chance, 25)
    place.plant(paths)
    place.db.add(generated(chance, paths, 60, "a"))
    place.uses.catch_up()
    tree = place.keeper.tree
    found = place.all_of(place.uses)
    assert found == [plain(place.db, node, tree.path(node)) for node in tree.nodes()]
    assert sum(use.passed > use.kept for use in found) > 0
    assert {use.tokens_in for use in found} - {None}
    for use in found:
        assert place.uses.counts("drawn")[use.node] == use.drawn
        assert place.uses.drawn_among(np.array([use.node], np.int32)) == [use.drawn]
        assert place.uses.counts("kept")[use.node] == use.kept
        rate = place.uses.pass_rates()[use.node]
        assert math.isnan(rate) if use.pass_rate is None else rate == use.pass_rate


@pytest.mark.parametrize("seed", range(4))
def test_counting_what_came_since_gives_what_counting_all_gives(place: Place, seed: int) -> None:
    chance = random.Random(seed)
    paths = some_paths(chance, 25)
    place.plant(paths[:20])
    records = generated(chance, paths, 40, "a")
    chance.shuffle(records)  # tasks before their subtrees, verdicts before their solutions
    while records:
        size = chance.randint(1, 40)
        place.db.add(records[:size])
        del records[:size]
        if chance.random() < 0.5:
            nodes = list(place.keeper.tree.nodes())
            place.keeper.edit([Rename(node=chance.choice(nodes), name=f"other {len(records)}")])
            if chance.random() < 0.5:
                place.keeper.undo()
        place.uses.catch_up()
    place.plant(paths)
    place.uses.catch_up()
    again = Uses(place.db, place.keeper)
    again.catch_up()
    found = place.all_of(place.uses)
    assert found == place.all_of(again)
    tree = place.keeper.tree
    assert found == [plain(place.db, node, tree.path(node)) for node in tree.nodes()]


def test_a_verdict_that_is_given_anew_counts_anew(place: Place) -> None:
    place.plant([("algorithm", "summation")])
    place.db.add([SUBTREE, TASK, REPAIRED, PASSED.model_copy(update={"outcome": "infra_error"})])
    place.uses.catch_up()
    assert place.use("algorithm").pass_rate == 0
    place.db.add([PASSED])
    place.uses.catch_up()
    assert (place.use("algorithm").passed, place.use("algorithm").pass_rate) == (1, 1.0)


def test_an_empty_workspace_has_made_nothing(place: Place) -> None:
    place.uses.catch_up()
    assert place.uses.ready
    assert place.uses.of(ROOT).drawn == place.uses.of(99).drawn == 0
    assert place.uses.counts("drawn").tolist() == [0]
    assert place.uses.drawn_among(np.array([ROOT], np.int32)) is None
    assert place.uses.cold().tolist() == [False]
    assert place.uses.coldest(5).tolist() == []
    assert place.uses.tasks_of(("algorithm",)) == ([], 0)
    assert place.uses.of(ROOT).tokens_in is None


def test_what_is_renamed_moved_or_deleted_counts_for_nothing_until_it_is_back(place: Place) -> None:
    place.plant([("a", "b", "c"), ("d",)])
    place.db.add([subtree("s", ("a", "b", "c"))])
    place.uses.catch_up()
    b, c = place.node("a", "b"), place.node("a", "b", "c")
    for operation in (Rename(node=b, name="z"), Move(node=b, parent=place.node("d")), Delete(node=b)):
        place.keeper.edit([operation])
        place.uses.catch_up()
        assert [place.uses.of(node).drawn for node in (place.node("a"), b, c)] == [1, 0, 0], operation
        place.keeper.undo()
        place.uses.catch_up()
        assert [place.uses.of(node).drawn for node in (place.node("a"), b, c)] == [1, 1, 1], operation
    place.keeper.edit([Rename(node=b, name="z"), Add(parent=place.node("a"), name="b")])
    place.uses.catch_up()
    assert [place.uses.of(b).drawn, place.use("a", "b").drawn] == [0, 1]


def test_many_names_below_many_parents_are_found(place: Place) -> None:
    paths = [(f"top {number % 40}", f"name {number} 🦊") for number in range(12_000)]
    place.plant(paths)
    drawn = [*paths[::7], ("top 1", "no such name"), ("nowhere", "name 1 🦊")]
    place.db.add([subtree(f"s-{number}", *drawn[number::20]) for number in range(20)])
    place.uses.catch_up()
    counts = place.uses.counts("drawn")
    assert [int(counts[place.node(*path)]) for path in paths] == [int(path in set(drawn)) for path in paths]


def test_arrays_cover_features_that_came_since(place: Place) -> None:
    place.plant([("a",)])
    place.db.add([subtree("s", ("a",))])
    place.uses.catch_up()
    state = place.uses._state
    place.keeper.edit([Add(parent=ROOT, name=f"new {number}") for number in range(5)])
    assert place.uses._sized(state, "drawn").tolist() == [0, 1, 0, 0, 0, 0, 0]
    among = place.uses.drawn_among(np.array([3, 1, 6], np.int32))
    assert among is not None
    assert among.tolist() == [0, 1, 0]
    assert len(place.uses.pass_rates()) == len(place.uses.cold()) == place.keeper.tree.rows
    place.uses.catch_up()
    with pytest.raises(ValueError, match="read-only"):
        place.uses.counts("drawn")[1] = 7


def test_the_coldest_leaves_are_drawn_least_and_weigh_most(place: Place) -> None:
    chance = random.Random(3)
    paths = [(f"c{number % 5}", f"x{number}") for number in range(60)]
    for path in paths:
        place.plant([path], observed=chance.choice((1, 2, 10**9)))
    place.plant([LANGUAGE], observed=10**9)
    place.db.add([subtree(f"s-{number}", *chance.sample(paths[:50], 5)) for number in range(30)])
    place.uses.catch_up()
    tree = place.keeper.tree
    leaves = [place.node(*path) for path in paths]
    order = sorted(leaves, key=lambda node: (place.uses.of(node).drawn, -tree.count(node), node))
    for size in (0, 1, 7, 30, 60, 100):
        assert place.uses.coldest(size).tolist() == order[:size]
    below = [node for node in order if tree.path(node)[0] == "c3"]
    assert place.uses.coldest(4, place.node("c3")).tolist() == below[:4]
    assert place.uses.coldest(4, below[0]).tolist() == below[:1]
    cold = np.flatnonzero(place.uses.cold()).tolist()
    assert sorted(cold) == sorted(node for node in order if not place.uses.of(node).drawn)
    with pytest.raises(NotFound, match="id 9999"):
        place.uses.coldest(1, 9999)


def test_the_latest_tasks_of_a_feature_come_first_page_by_page(place: Place) -> None:
    place.db.add([subtree("s-1", ("a", "b")), subtree("s-2", ("a",))])
    task = TASK.model_copy(update={"instruction": "\n  First 'line'.\nSecond."})
    for number in range(7):
        place.db.add([task.model_copy(update={"id": f"t-{number}", "subtree_id": f"s-{1 + number % 2}"})])
    place.db.add([REPAIRED.model_copy(update={"task_id": "t-6"}), PASSED])
    place.uses.catch_up()
    found, total = place.uses.tasks_of(("a",), limit=3)
    assert ([one.id for one in found], total) == (["t-6", "t-5", "t-4"], 7)
    assert (found[0].line, found[0].level, found[0].outcome) == ("First 'line'.", "function", "passed")
    assert found[1].outcome is None
    assert [one.id for one in place.uses.tasks_of(("a",), limit=3, offset=5)[0]] == ["t-1", "t-0"]
    assert [one.id for one in place.uses.tasks_of(("a", "b"))[0]] == ["t-6", "t-4", "t-2", "t-0"]
    assert place.uses.tasks_of(("b",)) == ([], 0)


def test_a_reader_gets_the_numbers_before_rather_than_wait(place: Place) -> None:
    place.plant([("a",)])
    place.db.add([subtree("s", ("a",))])
    place.uses.catch_up()
    place.db.add([subtree("s-2", ("a",))])
    with place.uses._counting:  # as if a recount took long
        began = time.monotonic()
        assert [place.use("a").drawn for _ in range(3)] == [1, 1, 1]
        assert time.monotonic() - began < 2
    deadline = time.monotonic() + 20
    while place.use("a").drawn != 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    assert place.use("a").drawn == 2


def test_many_readers_while_records_and_edits_arrive_see_no_nonsense(place: Place) -> None:
    chance = random.Random(5)
    paths = some_paths(chance, 25)
    place.plant(paths)
    batches = [generated(chance, paths, 5, f"batch-{number}") for number in range(20)]
    failed: list[BaseException] = []
    ended = threading.Event()

    def read() -> None:
        try:
            while not ended.is_set():
                for use in place.all_of(place.uses):
                    assert use.drawn >= use.ended >= 0
                    assert use.tasks >= use.passed >= use.kept >= 0
                place.uses.coldest(5)
        except BaseException as error:  # noqa: BLE001 - this is what the test is about
            failed.append(error)

    readers = [threading.Thread(target=read) for _ in range(4)]
    for reader in readers:
        reader.start()
    for number, batch in enumerate(batches):
        place.db.add(batch)
        place.keeper.edit([Add(parent=ROOT, name=f"new {number}")])
    ended.set()
    for reader in readers:
        reader.join(60)
    assert not failed
    assert sum(thread.name == "uses" for thread in threading.enumerate()) <= 1
    place.uses.catch_up()
    tree = place.keeper.tree
    node = place.node(*paths[0])
    assert place.uses.of(node) == plain(place.db, node, tree.path(node))
    assert replace(place.uses.of(node), node=0) != place.uses.of(ROOT)


def test_nothing_is_counted_after_closing(place: Place) -> None:
    place.plant([("a",)])
    place.uses.catch_up()
    place.uses.close()
    place.db.add([subtree("s", ("a",))])
    assert place.use("a").drawn == 0
    assert not [thread for thread in threading.enumerate() if thread.name == "uses"]
