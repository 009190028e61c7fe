"""What questions cost and what is known already: the prices of models, and the replies that a workspace keeps."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from synth.engines import REPLIES
from synth.models.replies import Kept, clear, look_into, size_on_disk
from synth.prices import currency, shipped
from synth.settings import Price
from synth.workspace.settings import read_settings, write_settings


@dataclass(frozen=True, slots=True)
class PriceRow:
    """A price in the list."""

    model: str
    price: Price
    own: bool
    """Kept in this workspace; it goes before a shipped one."""
    vendor: str = ""
    source: str = ""
    """Address of the vendor's own list, for shipped ones."""
    as_of: str = ""
    """Day on which it was read there."""


class Accounts:
    """Of one workspace folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def currency(self) -> str:
        """Of the shipped prices, and of own ones unless a person means another for all."""
        return currency()

    def prices(self) -> list[PriceRow]:
        """Own prices, then the shipped ones that none of them replaces."""
        own = read_settings(self._folder).prices
        rows = [PriceRow(model, price, own=True) for model, price in sorted(own.items())]
        return rows + [
            PriceRow(model, one.price, False, one.vendor, one.source, one.as_of)
            for model, one in shipped().items()
            if model not in own
        ]

    def keep_prices(self, own: Mapping[str, Price]) -> None:
        """Make these the workspace's own prices. Raises `BadConfig` where they cannot be written."""
        write_settings(self._folder, read_settings(self._folder).model_copy(update={"prices": dict(own)}))

    def replies(self) -> Kept:
        """What the workspace's replies are: how many, of which models. Raises `EspalierError` for a damaged file."""
        return look_into(self._folder / REPLIES)

    def reply_bytes(self) -> int:
        """Size of the replies on disk."""
        return size_on_disk(self._folder / REPLIES)

    def forget_replies(self) -> int:
        """Forget them all: the same questions are paid again. Returns how many there were."""
        return clear(self._folder / REPLIES)
