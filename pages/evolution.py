"""Evolution: to be built."""

from pages.parts.shell import page

with page("Evolution", "To be built."):
    pass
