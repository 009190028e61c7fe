"""Real code to seeds: the first step of the flow."""

from synth.steps.seeds.read import SeedReport, read_path, read_stdlib

__all__ = ["SeedReport", "read_path", "read_stdlib"]
