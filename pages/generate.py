"""Generate: to be built."""

from pages.parts.shell import page

with page("Generate", "To be built."):
    pass
