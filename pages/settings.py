"""Settings: to be built."""

from pages.parts.shell import page

with page("Settings", "To be built."):
    pass
