"""Sampling: what a shape does to shares and draws, and keeping it for runs."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from pages.parts.draws import leaves_of, most_nodes
from pages.parts.outline import MARK, outline
from pages.parts.share_chart import share_figure
from pages.parts.text import chart_text, plain, short
from synth.workspace import Probability, Workspace
from tests.examples import SUBTREE
from tests.pages.conftest import HOSTILE, OpenPage


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cf"]), max_size=60))
def test_plain_text_reads_letter_for_letter_after_markdown(text: str) -> None:
    (inline,) = MarkdownIt().parseInline(plain(text))
    shown = "".join(child.content for child in inline.children or ())
    assert {child.type for child in inline.children or ()} <= {"text", "text_special"}
    assert shown.replace("\u2060", "") == " ".join(text.split())


def test_labels_are_cut_and_their_markup_is_undone() -> None:
    assert short("a  long\nname", 6) == "a lon…"
    assert chart_text("<i>&") == "&lt;i&gt;&amp;"


def test_the_cap_of_a_shape_adds_up_its_levels() -> None:
    assert most_nodes((5, 2, 1, 1)) == 35
    assert most_nodes((3,)) == 3


def test_an_outline_nests_children_joins_chains_and_flags_what_is_mandatory() -> None:
    paths = [("a",), ("a", "b"), ("a", "c"), ("a", "c", "d"), ("e",), ("e", "f")]
    assert outline(paths, {("a", "c", "d")}) == f"- a\n    - b\n    - c › {MARK} **d**\n- e\n    - f"


def test_an_outline_shows_a_hostile_name_as_text() -> None:
    assert "<b>" not in outline([(HOSTILE,)])


def test_leaves_are_what_nothing_was_drawn_below() -> None:
    assert leaves_of(SUBTREE) == [("algorithm", "summation")]


def test_the_chart_sums_up_what_it_leaves_out() -> None:
    shares = [Probability(f"<n{number}>", 1.0, 0.1, 0.1) for number in range(10)]
    before, after = share_figure(shares[:4], shares[4:]).data
    assert before.customdata[-1] == "+6 more"
    assert before.x[-1] == pytest.approx(0.6)
    assert len(after.x) == 5
    assert not any("<" in name for name in before.customdata)


def test_shares_are_those_of_the_draws(filled_workspace: Path) -> None:
    workspace = Workspace(filled_workspace)
    try:
        same = workspace.views.probabilities((), 1.0, {})
        assert [share.name for share in same] == ["algorithm", "data processing", "data structures", "security"]
        assert all(share.original == pytest.approx(share.reweighted) for share in same)
        boosted = {
            share.name: share for share in workspace.views.probabilities((), 1.0, {"algorithm": 6.0}, [("security",)])
        }
        assert boosted["security"].reweighted == 0.0
        assert boosted["algorithm"].reweighted == pytest.approx(6 / 13)
        flat = workspace.views.probabilities((), 1e9, {})
        assert all(share.reweighted == pytest.approx(0.25) for share in flat)
        below = workspace.views.probabilities(("data processing",), 1.0, {"cleaning": 9.0})
        assert [share.reweighted for share in below] == pytest.approx([0.5, 0.5])  # boosts act on categories alone
        assert workspace.views.probabilities(("gone",), 1.0, {}) == []
    finally:
        workspace.close()


@pytest.mark.usefixtures("empty_workspace")
def test_without_a_tree_the_page_says_what_makes_one(open_page: OpenPage) -> None:
    app = open_page("sampling")
    assert not app.exception
    assert any("Nothing to draw from yet" in text.value for text in app.markdown)


@pytest.mark.usefixtures("filled_workspace")
def test_the_form_starts_with_the_shape_that_runs_use(open_page: OpenPage) -> None:
    app = open_page("sampling")
    assert not app.exception
    assert app.select_slider(key="shape-temperature-0").value == 1.0
    assert [app.slider(key=f"shape-width-{level}-0").value for level in range(4)] == [5, 2, 1, 1]
    assert {metric.label: metric.value for metric in app.metric}["At most"] == "35 nodes"
    assert app.button(key="use-shape").disabled
    assert len([text for text in app.caption if text.value.startswith("**Draw ")]) == 6


@pytest.mark.usefixtures("filled_workspace")
def test_a_slider_changes_shares_and_draws_at_once(open_page: OpenPage) -> None:
    app = open_page("sampling")
    app.select_slider(key="shape-temperature-0").set_value(10.0).run()
    app.slider(key="shape-levels-0").set_value(2).run()
    app.slider(key="shape-width-0-0").set_value(3).run()
    assert not app.exception
    assert any("in a draw at temperature 10" in caption.value for caption in app.caption)
    assert {metric.label: metric.value for metric in app.metric}["At most"] == "9 nodes"


@pytest.mark.usefixtures("filled_workspace")
def test_redraw_takes_the_next_seed(open_page: OpenPage) -> None:
    app = open_page("sampling")
    before = drawn(app)
    assert drawn(app.run()) == before
    app.button(key="redraw").click().run()
    assert not app.exception
    assert app.number_input(key="sampling-seed").value == 8
    assert drawn(app) != before


@pytest.mark.usefixtures("filled_workspace")
def test_an_excluded_branch_is_never_drawn_and_a_fixed_leaf_always_is(open_page: OpenPage) -> None:
    app = open_page("sampling")
    app.number_input(key="sampling-count").set_value(12).run()
    assert any("data processing" in text for text in drawn(app))
    app.multiselect(key="shape-excluded-0").set_value([("data processing",)]).run()
    app.multiselect(key="shape-fixed-0").set_value([("security", HOSTILE)]).run()
    assert not app.exception
    assert len(drawn(app)) == 12
    assert not any("data processing" in text for text in drawn(app))
    assert all(plain(HOSTILE) in text for text in drawn(app))


@pytest.mark.usefixtures("filled_workspace")
def test_a_shape_that_cannot_be_kept_is_said_in_plain_words(open_page: OpenPage) -> None:
    app = open_page("sampling")
    for name in ("excluded", "fixed"):
        app.multiselect(key=f"shape-{name}-0").set_value([("algorithm", "summation")]).run()
    assert not app.exception
    assert "is excluded by" in app.error[0].value
    assert not drawn(app)


def test_the_shape_is_kept_for_runs_and_reset_goes_back_to_it(filled_workspace: Path, open_page: OpenPage) -> None:
    app = open_page("sampling")
    app.slider(key="shape-mandatory-0").set_value(4).run()
    app.button(key="use-shape").click().run()
    assert not app.exception
    assert '"mandatory": 4' in (filled_workspace / "settings.json").read_text()
    app.slider(key="shape-mandatory-0").set_value(1).run()
    app.button(key="reset-shape").click().run()
    assert not app.exception
    assert app.slider(key="shape-mandatory-1").value == 4


@pytest.mark.usefixtures("filled_workspace")
def test_finding_features_offers_those_whose_path_holds_the_words(open_page: OpenPage) -> None:
    app = open_page("sampling")
    app.text_input(key="shape-find-0").set_value("outlier").run()
    assert app.multiselect(key="shape-fixed-0").options == ["data processing › cleaning › outlier removal"]


def drawn(app: object) -> list[str]:
    """The outlines of the drawn subtrees."""
    return [text.value for text in app.markdown if text.value.startswith("- ")]
