"""Dataset: to be built."""

from pages.parts.shell import page

with page("Dataset", "To be built."):
    pass
