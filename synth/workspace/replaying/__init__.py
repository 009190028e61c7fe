"""Replaying: a record is made again by the step that made it, and compared with what it was."""

from synth.workspace.replaying.differences import Difference
from synth.workspace.replaying.replays import Replay, Replaying

__all__ = ["Difference", "Replay", "Replaying"]
