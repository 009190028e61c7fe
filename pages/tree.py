"""Tree: to be built."""

from pages.parts.shell import page

with page("Tree", "To be built."):
    pass
