"""Tree: the workbench, where the feature tree is browsed, edited, grown and sampled."""

from pages.parts.shell import page_without_heading
from pages.parts.workbench import show_workbench

with page_without_heading():
    show_workbench("Tree")
