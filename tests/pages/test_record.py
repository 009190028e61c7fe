"""Record: a search field, the record, its lineage, and making it again."""

from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from synth.records import Record
from synth.settings import ROOT, RunConfig
from tests import examples
from tests.pages.conftest import HOSTILE, OpenPage, put_records
from tests.past import keep_run

OpenRecord = Callable[..., AppTest]


@pytest.fixture
def open_record() -> OpenRecord:
    """Opens the page of a record, as a link to it does."""

    def open_it(record_id: str, **query: str) -> AppTest:
        app = AppTest.from_file(str(ROOT / "app.py"), default_timeout=60)
        app.run()
        app.switch_page("pages/record.py")
        app.query_params["id"] = record_id
        for name, value in query.items():
            app.query_params[name] = value
        return app.run()

    return open_it


def words(app: AppTest) -> str:
    """Everything that is written on the page, without marks of Markdown."""
    parts = [*app.markdown, *app.caption, *app.text, *app.code, *app.warning, *app.error, *app.success]
    return "\n".join([*(str(part.value) for part in parts), *(box.label for box in app.expander)]).replace("\\", "")


def test_without_an_id_the_page_says_what_to_give(empty_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("record")
    assert not app.exception
    assert "Which record?" in words(app)


@pytest.mark.parametrize("record", examples.ALL, ids=lambda record: record.id)
def test_a_record_of_every_kind_is_shown(filled_workspace: Path, open_record: OpenRecord, record: Record) -> None:
    app = open_record(record.id)
    assert not app.exception
    assert not app.error
    assert any(code.value == record.id for code in app.code)
    assert {"Comes from", "Led to"} <= set(words(app).replace("#", "").replace("\n ", "\n").split("\n"))


def test_the_tree_names_what_the_record_was_made_from_and_what_came_of_it(
    filled_workspace: Path, open_record: OpenRecord
) -> None:
    shown = words(open_record("task-1"))
    assert "subtree" in shown
    assert "draw 1 at temperature 1" in shown
    assert "first draft: 1 file, 1 test file" in shown
    assert "It and its own line of ancestors: cost 0" in shown


def test_another_id_is_looked_for_and_kept_in_the_address(filled_workspace: Path, open_record: OpenRecord) -> None:
    app = open_record("task-1")
    app.text_input[0].set_value(" solution-2 ").run()
    assert not app.exception
    assert app.query_params["id"] in ("solution-2", ["solution-2"])
    assert "total returned 0" in words(app)


def test_an_id_that_is_none_is_said_with_those_alike(filled_workspace: Path, open_record: OpenRecord) -> None:
    app = open_record("task-7")
    assert [str(box.value) for box in app.error] == ["no record `task-7` in this workspace; alike are `task-1`."]
    assert not app.exception


@pytest.mark.parametrize("hostile", ["<b>x</b>", "'; drop table tasks", HOSTILE, "../../etc/passwd", "\x00"])
def test_a_hostile_id_is_an_error_in_words(filled_workspace: Path, open_record: OpenRecord, hostile: str) -> None:
    app = open_record(hostile)
    assert not app.exception
    assert len(app.error) == 1


def test_hostile_text_of_a_model_is_shown_letter_for_letter(empty_workspace: Path, open_record: OpenRecord) -> None:
    put_records(empty_workspace, [examples.SUBTREE, examples.TASK.model_copy(update={"instruction": HOSTILE})])
    app = open_record("subtree-1")
    assert not app.exception
    assert "[link](http" not in "\n".join(box.label for box in app.expander)
    assert "link" in words(app)


def test_a_record_is_made_again_and_the_page_says_that_it_differs(
    empty_workspace: Path, open_record: OpenRecord
) -> None:
    from synth.steps.score import score_solution

    scores = score_solution(examples.REPAIRED, examples.SUBTREE)
    altered = scores[0].model_copy(update={"value": 99.0})
    keep_run(empty_workspace, RunConfig(), [examples.SUBTREE, examples.TASK, examples.REPAIRED, altered, scores[1]])
    app = open_record(scores[1].id)
    app.button(key=f"again-{scores[1].id}").click().run()
    assert ["The same" in str(box.value) for box in app.success] == [True]
    app = open_record(altered.id)
    app.button(key=f"again-{altered.id}").click().run()
    assert any("Not the same" in str(box.value) for box in app.warning)
    assert "99.0" in app.dataframe[0].value.to_string()


def test_what_cannot_be_made_again_says_why(filled_workspace: Path, open_record: OpenRecord) -> None:
    app = open_record("task-1")
    app.button(key="again-task-1").click().run()
    assert not app.exception
    assert any("no run of this workspace made it" in str(box.value).replace("\\", "") for box in app.warning)


def test_long_lists_offer_everything(empty_workspace: Path, open_record: OpenRecord) -> None:
    scores = [examples.SCORE.model_copy(update={"id": f"score-9{n:03}", "name": f"m{n:03}"}) for n in range(30)]
    put_records(empty_workspace, [*examples.ALL, *scores])
    few, whole = open_record("solution-2"), open_record("solution-2", all="1")
    assert "and 23 more entries" in words(few)
    assert "more entries" not in words(whole)
    assert "m029" in words(whole)


def test_a_task_on_generate_links_to_its_lineage(filled_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("generate")
    assert not app.exception
    links = [str(link.proto) for link in app.get("page_link")]
    assert any("record" in link and "task-1" in link for link in links)
