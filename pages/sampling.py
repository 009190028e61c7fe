"""Sampling: the workbench with the sampling lab open beside the tree that it draws from."""

from pages.parts.shell import page_without_heading
from pages.parts.workbench import show_workbench

with page_without_heading():
    show_workbench("Sampling", panel="sample")
