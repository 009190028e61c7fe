"""Sampling: to be built."""

from pages.parts.shell import page

with page("Sampling", "To be built."):
    pass
