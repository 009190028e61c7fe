"""Pages read the tree in many threads while runs are ingested and people edit: nothing escapes or is corrupted."""

import random
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from synth.errors import EspalierError
from synth.journal import Journal
from synth.records import Extraction, FeaturePath
from synth.runs import Runs
from synth.settings import SampleConfig
from synth.tree.columns import ROOT, FeatureTree
from synth.tree.fragment import FragmentBuilder
from synth.tree.history import History
from synth.tree.integrity import faults
from synth.tree.operations import Actor, Add, Delete, Move, Rename, Reorder
from synth.workspace import Workspace, demo_config
from tests.tree.strategies import MADE, growth

SECONDS = 5.0
CATEGORIES = ("workflow", "logging", "security", "sorting")


@pytest.fixture
def often() -> Iterator[None]:
    """Threads take turns a hundred times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-5)
    yield
    sys.setswitchinterval(before)


def some_path(chance: random.Random) -> FeaturePath:
    """A path that may be there or not."""
    return (
        chance.choice(CATEGORIES),
        *(f"{letter}{chance.randrange(12)}" for letter in "xyz"[: chance.randrange(4)]),
    )


def reading_views(workspace: Workspace, chance: random.Random) -> None:
    """What pages ask for."""
    views = workspace.views
    for child in views.children(ROOT):
        views.children(child.node, limit=5)
    views.search(f"x{chance.randrange(12)}", limit=5)
    list(views.draws(SampleConfig(widths=(3, 2, 1)), 3, chance.randrange(1_000)))
    views.stats()


def reading_directly(workspace: Workspace, chance: random.Random) -> None:
    """What pages read from the tree themselves, without a lock."""
    tree = workspace.tree()
    node = tree.node(some_path(chance)) or ROOT
    for below in tree.children(node):
        assert below != ROOT
        assert below < tree.rows
        tree.path(below)
        tree.count(below)
        tree.names_below(below)
        tree.near_child(below, "x 1")
    for below in tree.nodes(node):
        tree.name(below)
        tree.mean_child_count(below)


def ingesting(workspace: Workspace, chance: random.Random, journal: Journal, numbers: Iterator[int]) -> None:
    """What a run writes and the workspace reads."""
    number = next(numbers)
    features = tuple(some_path(chance) for _ in range(12))
    journal.append(
        Extraction(
            id=f"extraction-{number}", seed_id=f"seed-{number}", demonstration_id=None, features=features, made=MADE
        )
    )
    grown = growth([(some_path(chance), chance.random() * 9) for _ in range(12)])
    journal.append(grown.model_copy(update={"id": f"growth-{number}", "step": number}))
    journal.flush()
    workspace.ingest()


def editing(workspace: Workspace, chance: random.Random) -> None:
    """What a person does, where it can be done."""
    tree, trees = workspace.tree(), workspace.trees
    with trees.reading():
        nodes = list(tree.nodes())
    if not nodes:
        return
    node, other = chance.choice(nodes), chance.choice(nodes)
    step = chance.randrange(7)
    if step == 0:
        trees.edit([Rename(node=node, name=f"y{chance.randrange(12)}")])
    elif step == 1:
        trees.edit([Move(node=node, parent=other)])
    elif step == 2:
        trees.edit([Add(parent=node, name=f"z{chance.randrange(99)}", observed=chance.randrange(9))])
    elif step == 3:
        trees.edit([Reorder(parent=tree.parent(node), children=tuple(reversed(tree.children(tree.parent(node)))))])
    elif step == 4 and tree.depth(node) > 2:
        trees.edit([Delete(node=node)])
    elif step == 5:
        trees.undo()
    else:
        made = FragmentBuilder()
        for _ in range(30):
            made.count(made.add_path(some_path(chance)), observed=chance.randrange(5))
        trees.load(made.finish(ordered=False), Actor(kind="import", name="file"))


@pytest.mark.usefixtures("often")
def test_pages_read_while_the_tree_changes_and_in_the_end_it_is_what_its_history_says(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    runs = Runs(tmp_path / "runs")
    journal = Journal(runs.path(runs.create(demo_config(), lambda path: None)))
    numbers = iter(range(10**6))
    ingesting(workspace, random.Random(0), journal, numbers)
    escaped: list[Exception] = []
    done: Counter[str] = Counter()
    end = time.monotonic() + SECONDS

    def go_on(what: Callable[[random.Random], None], name: str, seed: int) -> None:
        chance = random.Random(seed)
        while time.monotonic() < end and not escaped:
            try:
                what(chance)
                done[name] += 1
            except EspalierError:
                pass  # somebody was faster
            except Exception as error:  # noqa: BLE001 - this is what the test is about
                escaped.append(error)

    jobs: list[tuple[Callable[[random.Random], None], str]] = [
        *[(lambda chance: reading_views(workspace, chance), "views")] * 2,
        *[(lambda chance: reading_directly(workspace, chance), "directly")] * 3,
        (lambda chance: ingesting(workspace, chance, journal, numbers), "ingested"),
        *[(lambda chance: editing(workspace, chance), "edited")] * 2,
    ]
    threads = [
        threading.Thread(target=go_on, args=(what, name, number)) for number, (what, name) in enumerate(jobs, start=1)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(SECONDS + 60)
        assert not thread.is_alive()
    if escaped:
        raise escaped[0]
    assert min(done[name] for name in ("views", "directly", "ingested", "edited")) > 3, done
    workspace.ingest()
    tree = workspace.tree()
    assert list(faults(tree)) == []
    again = FeatureTree()
    History(again, workspace.trees._log, applied=0)
    assert again.to_rows() == tree.to_rows()
    assert [again.name(node) for node in again.nodes()] == [tree.name(node) for node in tree.nodes()]
    journal.close()
    workspace.close()
