"""Trees, records and names for the property tests."""

from collections.abc import Mapping, Sequence

from hypothesis import strategies as st

from synth.records import CATEGORIES, Extraction, FeaturePath, Grown, Growth, Made
from synth.tree.columns import FeatureTree

MADE = Made(engine="scripted", model="scripted-1", prompt="p", prompt_hash="h", temperature=0.0)

names = st.one_of(
    st.sampled_from(["torch", "torchvision", "dict", "dictionary", "a---b", 'say "hi"', "naïve", "数据", "a/b", "."]),
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=4),
)
categories = st.sampled_from(CATEGORIES[1:])
paths = st.builds(lambda category, below: (category, *below), categories, st.lists(names, max_size=4))
path_lists = st.lists(paths, min_size=1, max_size=25)


def closed(paths: Sequence[FeaturePath]) -> set[FeaturePath]:
    """The paths and everything above them."""
    return {path[:depth] for path in paths for depth in range(1, len(path) + 1)}


def extraction(paths: Sequence[FeaturePath], seed_id: str = "seed-1") -> Extraction:
    """An extraction with these features."""
    return Extraction(id="extraction-1", seed_id=seed_id, demonstration_id=None, features=tuple(paths), made=MADE)


def growth(added: Sequence[tuple[FeaturePath, float]]) -> Growth:
    """A growth that adds these nodes with these estimates."""
    grown = tuple(Grown(path=path, estimated=estimated, basis="tree") for path, estimated in added)
    return Growth(id="growth-1", step=0, drawn=(), added=grown, refused=(), made=MADE)


def tree_of(counts: Mapping[FeaturePath, float]) -> FeatureTree:
    """A tree whose nodes have these observed counts."""
    return FeatureTree.from_rows([(path, int(count), None, []) for path, count in counts.items()])


@st.composite
def trees(draw: st.DrawFn) -> FeatureTree:
    """A tree merged from a few extractions, then grown here and there."""
    tree = FeatureTree()
    for number, features in enumerate(draw(st.lists(path_lists, min_size=1, max_size=3))):
        tree.add_extraction(extraction(features), f"seed-{number}")
    new = draw(st.lists(st.tuples(paths, st.floats(0, 1000)), max_size=5))
    tree.add_growth(growth(new))
    return tree
