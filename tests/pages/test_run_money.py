"""What a run will come to, in the app: before it is started, for nothing where nothing is paid; and the prices."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from pages.parts.estimate import free_words, rows_of, whole_words
from pages.parts.price_table import own_prices
from synth.errors import BadConfig
from synth.models.replies import look_into
from synth.runs import Runs
from synth.settings import Engine, Price, StepModel
from synth.workspace import RunEstimate, WorkspaceSettings
from synth.workspace.estimating import StepEstimate
from synth.workspace.expected import Range
from tests import loopback
from tests.loopback import Loopback
from tests.pages.conftest import HOSTILE, OpenPage, more_seeds, put_records
from tests.test_flow_endpoint import Talker


def texts(app: AppTest, kind: str) -> str:
    """All texts of one kind of element, without the marks that keep Markdown from reading them."""
    found = "\n".join(str(element.value) for element in app.get(kind))
    return found.replace("\\", "").replace("\u2060", "")


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(loopback.ok(Talker())) as opened:
        yield opened


@pytest.fixture
def paid_workspace(empty_workspace: Path, server: Loopback) -> Path:
    """A workspace with a few seeds whose runs ask a model with a price."""
    put_records(empty_workspace, more_seeds(8))
    engine = Engine(kind="openai", model="tiny", base_url=server.base_url)
    keep(empty_workspace, WorkspaceSettings(engine=engine, prices={"tiny": Price(input=2.0, output=10.0)}))
    return empty_workspace


def keep(folder: Path, settings: WorkspaceSettings) -> None:
    (folder / "settings.json").write_text(settings.model_dump_json(), encoding="utf-8")


@pytest.mark.usefixtures("empty_workspace")
def test_the_offline_engine_is_free_and_asks_for_no_budget(open_page: OpenPage) -> None:
    app = open_page("generate")
    assert not app.exception
    assert "Free" in texts(app, "caption")
    assert "Expected" not in texts(app, "markdown")
    assert not [field for field in app.number_input if field.label.startswith("Budget")]
    assert "Try 5 first" not in [button.label for button in app.button]


def test_before_anything_is_paid_the_form_says_what_it_comes_to_and_sends_nothing(
    paid_workspace: Path, open_page: OpenPage, server: Loopback
) -> None:
    app = open_page("generate")
    assert not app.exception
    assert "Expected: **at most" in texts(app, "markdown")
    assert "USD" in texts(app, "markdown")
    assert "Nothing was measured yet" in texts(app, "caption")
    table = app.dataframe[0].value
    assert list(table["Step"]) == ["extract", "grow", "task", "solve", "repair", "judge"]
    assert set(table["From"]) == {"upper bound"}
    app.number_input(key="run-count").set_value(0).run()
    app.number_input(key="run-steps").set_value(0).run()
    assert list(app.dataframe[0].value["Step"]) == ["extract"]
    assert not server.requests
    assert not Runs(paid_workspace / "runs").ids()


def test_a_budget_fresh_and_models_for_steps_go_into_the_run(paid_workspace: Path, open_page: OpenPage) -> None:
    kept = WorkspaceSettings.model_validate_json((paid_workspace / "settings.json").read_bytes())
    keep(paid_workspace, kept.model_copy(update={"models": {"judge": StepModel(temperature=0.3)}}))
    app = open_page("generate")
    assert "1 step otherwise" in texts(app, "caption")
    for key, number in (("run-count", 0), ("run-steps", 0), ("run-limit", 1)):
        app.number_input(key=key).set_value(number).run()
    app.number_input(key="run-money").set_value(2.5).run()
    app.toggle(key="run-fresh").set_value(True).run()
    app.button(key="start-run").click().run()
    assert not app.exception
    runs = Runs(paid_workspace / "runs")
    (run_id,) = runs.ids()
    config = runs.config(run_id)
    assert (config.budget.money, config.fresh, config.batch) == (2.5, True, False)
    assert config.models["judge"].temperature == 0.3
    assert (paid_workspace / "runs" / run_id / "estimate.json").is_file()
    assert (paid_workspace / "runs" / run_id / "snapshot" / "prices.json").is_file()
    runs.cancel(run_id)


def test_a_budget_in_money_without_a_price_is_refused_in_words(paid_workspace: Path, open_page: OpenPage) -> None:
    kept = WorkspaceSettings.model_validate_json((paid_workspace / "settings.json").read_bytes())
    keep(paid_workspace, kept.model_copy(update={"prices": {}}))
    app = open_page("generate")
    assert "cost not known" in texts(app, "markdown")
    assert "No price is known for `tiny`" in texts(app, "caption")
    app.number_input(key="run-money").set_value(2.5).run()
    app.button(key="start-run").click().run()
    assert not app.exception
    assert "`budget.money` cannot be kept" in texts(app, "error")
    assert not Runs(paid_workspace / "runs").ids()


def test_try_first_starts_a_small_run_of_what_the_form_says(paid_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("generate")
    app.text_input(key="run-name").set_value("large").run()
    app.button(key="try-first").click().run()
    assert not app.exception
    runs = Runs(paid_workspace / "runs")
    (run_id,) = runs.ids()
    config = runs.config(run_id)
    assert (config.name, config.sample.count, config.seeds.limit, config.grow.steps) == ("large pilot", 5, 5, 5)
    runs.cancel(run_id)


ESTIMATE = RunEstimate(
    calls=Range(mean=100.0, low=90.0, high=110.0),
    input_tokens=Range(mean=2e6, low=1e6, high=3e6),
    output_tokens=Range(high=5000.0),
    cost=Range(mean=1.5, low=1.0, high=2.0),
    steps=(
        StepEstimate(
            step="task",
            model=HOSTILE,
            engine="openai",
            basis="measured",
            rests_on=3,
            cost=Range(mean=1.5, low=1.0, high=2.0),
        ),
        StepEstimate(step="solve", model="offline-2", engine="offline", basis="measured"),
    ),
    currency="USD",
    seconds=4000.0,
)


def test_the_words_of_an_estimate_say_ranges_bounds_and_what_is_free() -> None:
    said = whole_words(ESTIMATE).replace("\\", "")
    assert said.startswith("Expected: **1.50 USD (1.00 to 2.00)** · 100 (90 to 110) calls")
    assert "at most 5,000 out · about 67 min" in said
    first, second = rows_of(ESTIMATE)
    assert (first["Model"], first["Cost, USD"]) == (HOSTILE, "1.50 (1.00 to 2.00)")
    assert (second["Cost, USD"], second["From"]) == ("free", "")
    assert free_words(ESTIMATE.model_copy(update={"free": True, "seconds": 12.0})) == "Free, about 12 s."
    unknown = whole_words(ESTIMATE.model_copy(update={"cost": Range()}))
    assert "cost not known" in unknown


def test_the_table_of_prices_becomes_prices_and_says_which_row_is_wrong() -> None:
    row = {"Model": " mine ", "Input": 1.0, "Cached input": None, "Output": 2.0, "A batch saves, %": 25}
    empty = dict.fromkeys(row)
    assert own_prices([row, empty]) == {"mine": Price(input=1.0, output=2.0, batch_discount=0.25)}
    for wrong, said in (
        ({**row, "Model": None}, "no name of a model"),
        ({**row, "Output": None}, "`mine` needs a price of its input and one of its output"),
        ({**row, "Input": -1.0}, "`mine`: input"),
        ({**row, "A batch saves, %": 130}, "`mine`: batch_discount"),
    ):
        with pytest.raises(BadConfig, match=said):
            own_prices([wrong])
    with pytest.raises(BadConfig, match="`mine` is there twice"):
        own_prices([row, row])


def test_settings_show_prices_with_their_source_and_the_kept_replies(paid_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("settings")
    assert not app.exception
    said = texts(app, "caption")
    assert "Prices change: check them before you rely on them" in said
    assert "has an unknown cost, not none" in said
    assert "0 replies kept" in said
    assert look_into(paid_workspace / "cache" / "replies.sqlite").replies == 0
