"""Home: to be built."""

from pages.parts.shell import page

with page("Home", "To be built."):
    pass
