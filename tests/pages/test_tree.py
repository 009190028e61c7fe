"""Tree: the map that never holds too many marks, the table, and one feature in full."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pages.parts.branch import branch_at
from pages.parts.tree_map import MOST_MARKS, map_figure, marks_of
from synth.tree.columns import FeatureTree
from tests.pages.conftest import HOSTILE, OpenPage

WIDE = FeatureTree.from_rows(
    [((f"c{c}", f"n{n}"), n + 1, None, ()) for c in range(9) for n in range(120)]
    + [((f"c{c}",), 500, None, ()) for c in range(9)]
)


def test_a_wide_tree_is_capped_and_the_rest_is_counted_in_buckets() -> None:
    marks = marks_of(WIDE, ())
    assert len(marks) <= MOST_MARKS
    buckets = [mark for mark in marks if mark.bucket]
    assert len(buckets) == 9
    shown = sum(mark.depth == 2 and not mark.bucket for mark in marks)
    assert shown + sum(bucket.below for bucket in buckets) == 9 * 120
    assert {bucket.name for bucket in buckets} == {f"+{bucket.below} more" for bucket in buckets}


@given(
    rows=st.dictionaries(
        st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4).map(tuple), st.integers(0, 50), max_size=60
    ),
    most=st.integers(4, 40),
)
def test_marks_share_out_exactly_the_area_of_their_parent(rows: dict[tuple[str, ...], int], most: int) -> None:
    tree = FeatureTree.from_rows([(path, count, None, ()) for path, count in rows.items()])
    marks = marks_of(tree, (), most)
    assert len(marks) <= most
    assert len({mark.id for mark in marks}) == len(marks)
    for mark in marks:
        inside = [child.area for child in marks if child.parent == mark.id]
        assert mark.inner == bool(inside)
        if inside:
            assert sum(inside) == pytest.approx(mark.area)


def test_labels_of_the_map_cannot_be_markup() -> None:
    tree = FeatureTree.from_rows([(("<b>x</b> & co",), 1, None, ()), (("<b>x</b> & co", "leaf"), 1, None, ())])
    treemap = map_figure(marks_of(tree, ()), by_depth=False).data[0]
    assert "&lt;b&gt;x&lt;/b&gt; &amp; co" in treemap.labels
    assert not any("<" in label for label in treemap.labels)


@pytest.mark.usefixtures("empty_workspace")
def test_an_empty_tree_says_where_features_come_from(open_page: OpenPage) -> None:
    app = open_page("tree")
    assert not app.exception
    assert any("No features yet" in text.value for text in app.markdown)


@pytest.mark.usefixtures("filled_workspace")
def test_the_page_tells_observed_from_grown_features(open_page: OpenPage) -> None:
    app = open_page("tree")
    assert not app.exception
    totals = {metric.label: metric.value for metric in app.metric}
    assert totals == {"Features": "14", "Observed": "11", "Grown": "3", "Leaves": "9", "Levels": "3"}


@pytest.mark.usefixtures("filled_workspace")
def test_the_table_lists_features_and_narrows_by_search(open_page: OpenPage) -> None:
    app = open_page("tree")
    app.session_state["tree-view"] = "Table"
    app.run()
    app.text_input(key="tree-search").set_value("cleaning step").run()
    assert not app.exception
    table = app.dataframe[0].value
    assert list(table["name"]) == ["step 0", "step 1", "step 2"]
    assert set(table["path"]) == {"data processing › cleaning"}
    assert list(table["observed"]) == [2, 2, 2]


@pytest.mark.usefixtures("filled_workspace")
def test_an_observed_feature_shows_its_siblings_and_its_evidence(open_page: OpenPage) -> None:
    app = open_page("tree")
    app.session_state["tree"] = ("data processing", "cleaning", "step 1")
    app.run()
    assert not app.exception
    values = {metric.label: metric.value for metric in app.metric}
    assert (values["Observed"], values["Estimated"], values["Weight in draws"]) == ("2", "–", "2")
    siblings = app.dataframe[0].value
    assert set(siblings["name"]) == {"step 0", "▸ step 1", "step 2", "outlier removal"}
    assert any(text.value == "**Evidence: 2 seeds**" for text in app.markdown)
    assert app.code[0].value.startswith("def function_001")


@pytest.mark.usefixtures("filled_workspace")
def test_a_grown_feature_says_that_no_seed_shows_it(open_page: OpenPage) -> None:
    app = open_page("tree")
    app.session_state["tree"] = ("data processing", "cleaning", "outlier removal")
    app.run()
    values = {metric.label: metric.value for metric in app.metric}
    assert (values["Observed"], values["Estimated"], values["Weight in draws"]) == ("0", "2", "2")
    assert any("No seed shows it" in caption.value for caption in app.caption)
    assert not app.code


@pytest.mark.usefixtures("filled_workspace")
def test_a_hostile_name_is_text_in_heading_and_breadcrumbs(open_page: OpenPage) -> None:
    app = open_page("tree")
    app.session_state["tree"] = ("security", HOSTILE)
    app.run()
    assert not app.exception
    headings = [text.value for text in app.markdown if text.value.startswith("### ")]
    assert headings == [
        r"### \<b\>bold\<\/b\> \$x\$ \*star\* \[link\]\(http:" + r"\/\/x\) :" + "\u2060" + r"smile: \`tick\`"
    ]
    assert not any("<b>" in button.label for button in app.button)


@pytest.mark.usefixtures("filled_workspace")
def test_breadcrumbs_lead_up_and_a_branch_that_is_gone_falls_back(open_page: OpenPage) -> None:
    app = open_page("tree")
    app.session_state["tree"] = ("data processing", "gone", "deeper")
    app.run()
    assert not app.exception
    assert any(text.value == "### data processing" for text in app.markdown)
    app.button(key="tree-crumb-0").click().run()
    assert app.session_state["tree"] == ()


def test_branch_at_stays_at_the_root_without_a_choice() -> None:
    assert branch_at(WIDE, "no such key") == ()
