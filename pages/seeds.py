"""Seeds: to be built."""

from pages.parts.shell import page

with page("Seeds", "To be built."):
    pass
