"""What every answer of the offline engine is composed from, loaded once and never changed by a question."""

from dataclasses import dataclass
from pathlib import Path

from synth.models.offline.match import Embed, Matcher
from synth.models.offline.shelf import Shelf
from synth.models.offline.wording import Wording


@dataclass(frozen=True, slots=True)
class Kit:
    """Blocks, the way to find them, and words."""

    shelf: Shelf
    matcher: Matcher
    wording: Wording


def load_kit(data: Path, embed: Embed) -> Kit:
    """Load the kit from a data folder. Raises `BadInput` that names the file and the field."""
    shelf = Shelf(data / "blocks", data / "joiners")
    wording = Wording(data / "domains.json", data / "phrases.yaml")
    return Kit(shelf, Matcher(shelf.blocks.values(), embed), wording)


def decline(why: str) -> str:
    """The reply of an engine that will not answer."""
    return f"<decline>{why}</decline>"
