"""Features meet building blocks by meaning: near ones match, unrelated ones do not."""

import pytest

from synth.embed.sentence import SentenceEmbedder
from synth.models.offline.blocks import Block
from synth.models.offline.kit import Kit
from synth.models.offline.match import Matcher
from tests.models.offline.asking import make_kit


@pytest.fixture(scope="module")
def kit() -> Kit:
    return make_kit()


def some_blocks(kit: Kit) -> list[Block]:
    names = ("rolling_mean", "primes_between", "check_password", "csv_totals", "drop_outliers")
    return [kit.shelf.blocks[name] for name in names]


def test_a_tag_matches_itself_best_however_it_is_written(kit: Kit) -> None:
    for name in ("moving average", "Moving-Average", "moving_average"):
        best = kit.matcher.fits([name])[name][0]
        assert (best.block, best.likeness) == ("rolling_mean", 1.0)


def test_names_without_a_block_are_absent(kit: Kit) -> None:
    assert kit.matcher.fits(["quantum teleportation"]) == {}
    assert kit.matcher.fits([]) == {}


def test_fits_come_best_first(kit: Kit) -> None:
    for fits in kit.matcher.fits(["sorting", "csv parsing", "moving average"]).values():
        assert [fit.likeness for fit in fits] == sorted((fit.likeness for fit in fits), reverse=True)


def test_the_sentence_model_tells_related_features_from_unrelated_ones(kit: Kit) -> None:
    matcher = Matcher(some_blocks(kit), SentenceEmbedder().embed)
    related = {
        "outlier removal": "drop_outliers",
        "password strength": "check_password",
        "prime numbers": "primes_between",
        "sliding windows": "rolling_mean",
    }
    unrelated = ["websocket handshake", "button widget", "image resizing", "neural network", "database connection"]
    fits = matcher.fits([*related, *unrelated])
    assert {name: found[0].block for name, found in fits.items()} == related
