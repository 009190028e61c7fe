"""Generate: the run form, a run's bars and buttons, its funnel, and its tasks with everything that came of them."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from pages.parts.attempts import attempt_names
from pages.parts.code_files import changed_files, difference
from pages.parts.funnel_chart import funnel_figure
from pages.parts.run_form import run_config, what_it_does
from pages.parts.run_watch import duration, step_words
from pages.parts.score_chart import score_figure
from pages.parts.verdict import isolation_words, verdict_words, worth_words
from synth.errors import BadConfig
from synth.records import CodeFile, Failure, Proof, Record, Score, Task, TestsChange
from synth.runs import Runs, State, StepProgress
from synth.settings import RunConfig, SampleConfig
from synth.workspace import MetricInfo, Stage, WorkspaceSettings
from tests import examples
from tests.pages.conftest import HOSTILE, OpenPage, put_records


def texts(app: AppTest, kind: str) -> str:
    """All texts of one kind of element, joined, without the marks that keep Markdown from reading them."""
    found = "\n".join(str(element.value) for element in app.get(kind))
    return found.replace("\\", "").replace("\u2060", "")


def labels(app: AppTest) -> list[str]:
    """What the buttons say."""
    return [button.label for button in app.button]


def a_run(folder: Path, name: str = "first") -> str:
    """A run that was never started, so nothing works on it while the page is looked at."""
    return Runs(folder / "runs").create(RunConfig(name=name), lambda snapshot: None)


def stopped(folder: Path, state: State, error: str = "") -> str:
    """A run whose worker is gone, with one step half done."""
    run_id = a_run(folder)
    step = '{"step": "samples", "done": 3, "dropped": 1, "total": 6, "reused": 0, "seconds": 2.0}'
    (folder / "runs" / run_id / "progress.json").write_text(
        f'{{"state": "{state}", "started": 1.0, "updated": 9.0, "error": "{error}", "steps": [{step}]}}',
        encoding="utf-8",
    )
    return run_id


def all_runs(open_page: OpenPage) -> AppTest:
    """The page with what all runs made."""
    app = open_page("generate")
    return next(box for box in app.selectbox if box.label == "Run").select("all").run()


def run_shown(app: AppTest) -> str:
    """The run that the page looks at."""
    return str(next(box for box in app.selectbox if box.label == "Run").value)


def hostile_task() -> Sequence[Record]:
    """A task with a draft whose every text is a name as a model might write it."""
    made = {"id": "task-hostile", "instruction": HOSTILE, "scenario": HOSTILE, "statement": HOSTILE}
    task: Task = examples.TASK.model_copy(update={**made, "selected": (HOSTILE,)})
    files = (CodeFile(path=f"{HOSTILE}.py", text=HOSTILE),)
    draft = examples.DRAFT.model_copy(update={"id": "solution-hostile", "task_id": task.id, "files": files})
    failure = examples.FAILED.failures[0].model_copy(update={"test": HOSTILE, "message": HOSTILE})
    verdict = examples.FAILED.model_copy(
        update={"id": "verdict-hostile", "solution_id": draft.id, "failures": (failure,), "stderr": HOSTILE}
    )
    return [task, draft, verdict]


@pytest.mark.usefixtures("empty_workspace")
def test_an_empty_workspace_offers_the_form_and_says_what_it_comes_to(open_page: OpenPage) -> None:
    app = open_page("generate")
    assert not app.exception
    assert labels(app) == ["Start run"]
    assert "offline, no key needed" in texts(app, "caption")
    assert "No run yet" in texts(app, "markdown")
    assert "Reads the standard library" in texts(app, "markdown")
    app.number_input(key="run-count").set_value(260).run()
    app.number_input(key="run-roots").set_value(24).run()
    said = texts(app, "markdown")
    assert "260 subtrees, so up to 260 tasks with up to 3 repairs each; 24 Tree-of-Evolution trees" in said


def test_a_run_without_a_name_is_refused_in_words_and_nothing_starts(
    empty_workspace: Path, open_page: OpenPage
) -> None:
    app = open_page("generate")
    app.text_input(key="run-name").set_value("  ").run()
    app.button(key="start-run").click().run()
    assert not app.exception
    assert "Name: a run needs a name" in texts(app, "error")
    assert list((empty_workspace / "runs").iterdir()) == []


def test_the_form_makes_a_config_with_the_saved_shape() -> None:
    values = {"name": "x", "sample": SampleConfig(count=5, widths=(3, 1)), "tasks": {"repair_rounds": 2}}
    config = run_config(values)
    assert (config.sample.widths, config.sample.count, config.tasks.repair_rounds) == ((3, 1), 5, 2)
    with pytest.raises(BadConfig, match=r"Several files, or repair rounds: .*less than or equal to 10"):
        run_config({**values, "tasks": {"repair_rounds": 11}})


def test_a_run_draws_with_the_shape_that_is_chosen(empty_workspace: Path, open_page: OpenPage) -> None:
    targets = (("logging", HOSTILE), ("logging",))
    named = {HOSTILE: SampleConfig(widths=(3, 1), targets=targets), "b": SampleConfig(widths=(4,))}
    kept = WorkspaceSettings(sample=SampleConfig(widths=(6, 2)), shapes=named)
    (empty_workspace / "settings.json").write_text(kept.model_dump_json(), encoding="utf-8")
    app = open_page("generate")
    assert "6 × 2 wide" in texts(app, "caption")
    box = app.selectbox(key="run-shape")
    assert box.options == ["As kept for runs", HOSTILE, "b"]
    box.select(HOSTILE).run()
    assert not app.exception
    assert "3 × 1 wide at temperature 1, 2, 10, 2 mandatory, 2 targets in turn" in texts(app, "caption")
    for key, number in (("run-count", 0), ("run-steps", 0), ("run-roots", 0), ("run-limit", 1)):
        app.number_input(key=key).set_value(number).run()
    app.button(key="start-run").click().run()
    assert not app.exception
    runs = Runs(empty_workspace / "runs")
    (run_id,) = runs.ids()
    sample = runs.config(run_id).sample
    assert (sample.name, sample.widths, sample.targets, sample.count) == (HOSTILE, (3, 1), targets, 0)
    runs.cancel(run_id)


def test_a_chosen_shape_that_somebody_deletes_gives_way_to_the_kept_one(
    empty_workspace: Path, open_page: OpenPage
) -> None:
    settings = empty_workspace / "settings.json"
    settings.write_text(WorkspaceSettings(shapes={"b": SampleConfig(widths=(4,))}).model_dump_json(), encoding="utf-8")
    app = open_page("generate")
    app.selectbox(key="run-shape").select("b").run()
    assert "4 wide" in texts(app, "caption")
    settings.unlink()
    app.run()
    assert not app.exception
    assert "5 × 2 × 1 × 1 wide" in texts(app, "caption")


def test_what_a_run_does_is_said_without_what_it_leaves_out() -> None:
    values = {
        "seeds": {"limit": 50},
        "grow": {"steps": 0},
        "evolve": {"roots": 1},
        "sample": SampleConfig(count=1),
        "tasks": {"repair_rounds": 0},
    }
    said = what_it_does(values, seeds=2431)
    assert said.startswith("Reads 50 seeds; 1 subtree, so up to 1 task without repairs; 1 Tree-of-Evolution tree.")
    assert "no tasks; no Tree" in what_it_does(
        {**values, "sample": SampleConfig(count=0), "evolve": {"roots": 0}}, seeds=7
    )


def test_a_run_is_shown_with_its_state_and_can_be_resumed(filled_workspace: Path, open_page: OpenPage) -> None:
    run_id = a_run(filled_workspace, name=HOSTILE)
    app = open_page("generate")
    assert not app.exception
    assert app.query_params["run"] in (run_id, [run_id])
    assert f"**{HOSTILE}** not started yet" in texts(app, "markdown")
    assert labels(app).count("Resume") == 1


@pytest.mark.parametrize(
    ("state", "said"),
    [("failed", "failed; everything"), ("running", "interrupted: its worker"), ("cancelled", "cancelled; everything")],
)
def test_a_stopped_run_shows_its_reason_and_one_resume_button(
    empty_workspace: Path, open_page: OpenPage, state: State, said: str
) -> None:
    stopped(empty_workspace, state, error="the key <b>x</b> was refused")
    app = open_page("generate")
    assert not app.exception
    assert said in texts(app, "markdown")
    assert "the key <b>x</b> was refused" in texts(app, "code")
    assert labels(app).count("Resume") == 1
    assert "Pause" not in labels(app)


def test_a_finished_run_has_nothing_to_press(empty_workspace: Path, open_page: OpenPage) -> None:
    stopped(empty_workspace, "finished")
    app = open_page("generate")
    assert labels(app) == ["Start run"]
    assert "finished · 8 s" in texts(app, "markdown")


def test_the_run_in_the_address_is_the_one_shown(empty_workspace: Path, open_page: OpenPage) -> None:
    first, second = a_run(empty_workspace, "one"), a_run(empty_workspace, "two")
    app = open_page("generate")
    assert run_shown(app) == second
    app.query_params["run"] = first
    assert run_shown(app.run()) == first
    app.query_params["run"] = "r9999-gone"
    assert run_shown(app.run()) == second
    assert not app.exception


def test_a_bar_says_rate_time_left_and_drops() -> None:
    step = StepProgress("samples", done=30, dropped=2, total=90, reused=10, seconds=10.0)
    said = step_words(step, running=True)
    assert "30 of 90 · 2.0 a second · about 30 s left · 2 dropped · 10 items finished before" in said
    assert "left" not in step_words(step, running=False)
    assert [duration(seconds) for seconds in (0.2, 185, 7800)] == ["0 s", "3 min 5 s", "2 h 10 min"]


def test_a_task_shows_its_attempts_verdicts_scores_and_seeds(filled_workspace: Path, open_page: OpenPage) -> None:
    a_run(filled_workspace)
    app = all_runs(open_page)
    assert not app.exception
    shown = texts(app, "code")
    assert "return sum(items)" in shown
    assert "+    return sum(items)" in shown, "the difference between the attempts"
    assert "assert 0 == 3" in shown
    assert "Write `total(items)`." in shown
    assert "passed: 1 test in 0.2 s." in texts(app, "success")
    assert "isolated (bubblewrap, strong)" in texts(app, "caption")
    assert "failed: 1 test, 1 failed in 0.2 s" in texts(app, "warning")
    assert "A shop adds up a cart." in texts(app, "text")
    assert "total returned 0" in texts(app, "text"), "the note of the repair"
    assert {"cart.py", "test_cart.py"} <= {tab.label.replace("\\", "").replace("\u2060", "") for tab in app.tabs}
    tables = [table.value.to_string() for table in app.dataframe]
    assert any("shop/cart.py:3" in table for table in tables), "where the features were seen"
    assert any("Cyclomatic complexity" in table for table in tables)


def test_the_funnel_says_why_items_were_dropped(filled_workspace: Path, open_page: OpenPage) -> None:
    a_run(filled_workspace)
    app = all_runs(open_page)
    assert any("declined: nothing fits" in table.value.to_string() for table in app.dataframe)


def test_a_search_that_finds_nothing_says_so(filled_workspace: Path, open_page: OpenPage) -> None:
    a_run(filled_workspace)
    app = all_runs(open_page)
    app.text_input(key="task-search").set_value("no such words").run()
    assert not app.exception
    assert "No task is like that." in texts(app, "info")


def test_an_outcome_narrows_the_tasks_and_shows_one_of_them(filled_workspace: Path, open_page: OpenPage) -> None:
    put_records(filled_workspace, hostile_task())
    a_run(filled_workspace)
    app = all_runs(open_page)
    app.query_params["task"] = "task-1"
    app.selectbox(key="task-outcome").select("failed").run()
    assert not app.exception
    assert HOSTILE in texts(app, "text")
    assert "A shop adds up a cart." not in texts(app, "text")


def test_a_task_that_the_workspace_does_not_have_gives_way_to_one_that_it_has(
    filled_workspace: Path, open_page: OpenPage
) -> None:
    a_run(filled_workspace)
    app = all_runs(open_page)
    app.query_params["task"] = "task-gone"
    app.run()
    assert not app.exception
    assert not app.error
    assert "A shop adds up a cart." in texts(app, "text")


def test_hostile_texts_of_a_task_are_shown_letter_for_letter(filled_workspace: Path, open_page: OpenPage) -> None:
    put_records(filled_workspace, hostile_task())
    a_run(filled_workspace)
    app = all_runs(open_page)
    app.query_params["task"] = "task-hostile"
    app.run()
    assert not app.exception
    assert HOSTILE in texts(app, "text")
    assert HOSTILE in texts(app, "code")
    raw = [str(element.value) for kind in ("markdown", "caption", "warning") for element in app.get(kind)]
    raw += [tab.label for tab in app.tabs] + [part.label for part in app.expander]
    assert not any("<b>" in text for text in raw)
    assert not any("[link](" in text for text in raw)


def test_a_measure_without_values_says_so(filled_workspace: Path, open_page: OpenPage) -> None:
    put_records(
        filled_workspace,
        [Score(id="score-9", subject_id="solution-2", name="lines", value=3.0, by="synth.metrics.size")],
    )
    a_run(filled_workspace)
    app = all_runs(open_page)
    assert "1 proven solution · mean 2.00 · median 2 · from 2 to 2" in texts(app, "caption")
    measure = app.selectbox(key="measure")
    measure.select(next(option for option in measure.options if option.endswith("Classes"))).run()
    assert not app.exception
    assert "No proven solution has this score yet." in texts(app, "caption")


def test_verdicts_are_said_in_words() -> None:
    none = examples.FAILED.tests.model_copy(update={"collected": 0, "failed": 0})
    broken = examples.FAILED.model_copy(update={"outcome": "not_collected", "tests": none})
    assert verdict_words(broken).startswith("no test was found: 0 tests in 0.2 s")
    heavy = examples.PASSED.model_copy(update={"peak_mb": 26.4})
    assert "26 MiB at most" in verdict_words(heavy)


def test_how_a_verdict_was_reached_is_said_in_words() -> None:
    apart = examples.PASSED.model_copy(update={"grade": "A-split"})
    assert isolation_words(apart) == ("isolated (bubblewrap, strong) · judged apart: the solution never saw the tests")
    why = "the tests use the fixture `capsys` " + "and more " * 100
    together = examples.PASSED.model_copy(update={"grade": "B-canary", "why": why})
    assert "in one process, with altered tests that had to fail as proof · because the tests use" in isolation_words(
        together
    )
    assert len(isolation_words(together)) < 500
    bare = examples.PASSED.model_copy(update={"level": "none", "backend": "plain"})
    assert isolation_words(bare) == "not isolated (plain, none)"
    assert verdict_words(bare).endswith("Not proven: run without isolation.")


def test_what_tests_are_worth_is_said_in_words() -> None:
    proof = Proof(stub="failed", mutants=8, killed=7, idle=("test_cart.py::test_idle",))
    tried = examples.PASSED.model_copy(update={"proof": proof, "flaky": False})
    assert worth_words(tried) == (
        "tests caught 7 of 8 mutants · they fail for a solution that does nothing · 1 test caught nothing · "
        "the same verdict with another order of tests and hash seed"
    )
    weak = examples.PASSED.model_copy(update={"proof": Proof(stub="passed"), "flaky": True})
    assert "they pass for a solution that does nothing" in worth_words(weak)
    assert "flaky: another order" in worth_words(weak)
    assert worth_words(examples.PASSED) == ""


def corrected() -> Sequence[Record]:
    """An attempt more, with corrected tests, and the ruling that says so."""
    change = TestsChange(
        ruling_id=examples.RULING.id,
        reason=HOSTILE,
        files=("test_cart.py",),
        dropped=(("test_cart.py::test_gone", "odd"),),
    )
    ruling = examples.RULING.model_copy(update={"id": "ruling-2", "change": change, "reason": HOSTILE})
    tests = (
        CodeFile(path="test_cart.py", text="from cart import total\n\ndef test_total():\n    assert total([2]) == 2\n"),
    )
    solution = examples.REPAIRED.model_copy(
        update={
            "id": "solution-3",
            "attempt": 2,
            "previous_id": "solution-2",
            "tests": tests,
            "tests_change": change,
            "note": "",
        }
    )
    verdict = examples.PASSED.model_copy(update={"id": "verdict-3", "solution_id": "solution-3", "grade": "A-split"})
    return [ruling, solution, verdict]


def test_corrected_tests_are_shown_with_the_reason_beside_the_attempt(
    filled_workspace: Path, open_page: OpenPage
) -> None:
    put_records(filled_workspace, corrected())
    a_run(filled_workspace)
    app = all_runs(open_page)
    assert not app.exception
    assert f"tests corrected: {HOSTILE} (test_cart.py)" in texts(app, "info")
    assert "dropped test_cart.py::test_gone: odd" in texts(app, "caption")
    assert f"the tests are wrong: {HOSTILE}" in texts(app, "text")
    assert not any("<b>" in str(element.value) for kind in ("info", "caption") for element in app.get(kind))


def test_an_attempt_that_only_has_other_tests_is_no_repair() -> None:
    change = examples.RULING.change
    first, second = examples.DRAFT, examples.REPAIRED
    third = second.model_copy(update={"attempt": 2, "tests_change": change})
    fourth = third.model_copy(update={"attempt": 3})
    assert attempt_names([first, second, third, fourth]) == ["First draft", "Repair 1", "Corrected tests", "Repair 2"]


def test_many_failures_share_a_box(filled_workspace: Path, open_page: OpenPage) -> None:
    failures = tuple(Failure(test=f"test_cart.py::test_{n}", message="x" * 3000) for n in range(20))
    said = {"id": "verdict-many", "solution_id": "solution-many", "failures": failures}
    records: list[Record] = [
        examples.TASK.model_copy(update={"id": "task-many", "instruction": "many"}),
        examples.DRAFT.model_copy(update={"id": "solution-many", "task_id": "task-many"}),
        examples.FAILED.model_copy(update=said),
    ]
    put_records(filled_workspace, records)
    a_run(filled_workspace)
    app = all_runs(open_page)
    app.query_params["task"] = "task-many"
    app.run()
    assert not app.exception
    assert [box.label for box in app.expander].count("14 more failures") == 2, "above the tabs and among the attempts"


def test_faults_of_the_sandbox_are_counted(empty_workspace: Path, open_page: OpenPage) -> None:
    run_id = stopped(empty_workspace, "failed", error="the sandbox failed in 5 jobs in a row")
    path = empty_workspace / "runs" / run_id / "progress.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"steps"', '"faults": 7, "steps"'), encoding="utf-8")
    app = open_page("generate")
    assert "The sandbox itself failed 7 times" in texts(app, "caption")
    assert labels(app).count("Resume") == 1


@pytest.mark.parametrize(
    "name", ["home", "seeds", "generate", "evolution", "dataset", "runs", "prompts", "settings", "tree", "sampling"]
)
def test_every_page_warns_where_code_ran_without_isolation(
    filled_workspace: Path, open_page: OpenPage, name: str
) -> None:
    assert "Not isolated." not in texts(open_page(name), "error")
    st.cache_resource.clear()
    bare = examples.PASSED.model_copy(update={"id": "verdict-bare", "solution_id": "solution-bare", "level": "none"})
    put_records(filled_workspace, [bare])
    assert "Not isolated." in texts(open_page(name), "error")


def test_a_difference_holds_files_that_came_and_went() -> None:
    after = examples.REPAIRED.model_copy(update={"files": (CodeFile(path="new.py", text="x = 1\n"),)})
    changed = changed_files(examples.DRAFT, after)
    assert [old.path for old, _ in changed] == ["cart.py", "new.py"]
    assert "+x = 1" in difference(changed)
    assert "-    return 0" in difference(changed)
    assert changed_files(examples.DRAFT, examples.DRAFT) == []


def test_charts_hold_every_item_once() -> None:
    stages = [Stage("made", 100), Stage("kept", 0, "free of overlap")]
    (bars,) = funnel_figure(stages).data
    assert list(bars.text) == ["100", "0"]
    assert "free of overlap" in bars.customdata[1]
    metric = MetricInfo("lines", "Lines", "size", "All lines.", "")
    for values in ([3.0], [1.0, 900.0], [0.5, 0.25], [2.0] * 50):
        (histogram,) = score_figure(metric, values).data
        bins = histogram.xbins
        assert bins.size > 0
        assert bins.start <= min(values)
        assert max(values) < bins.end
