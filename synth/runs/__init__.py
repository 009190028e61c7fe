"""Start, watch, pause, cancel, resume, retry and extend a run: a folder, a worker process, a progress file.

Knows neither Streamlit nor the steps. A run folder holds `config.json` (frozen), `amendments.jsonl` (what a person
asked for since), `snapshot/`, `journal-*.jsonl`, `calls-*.jsonl`, `log-*.jsonl`, `progress.json` (written by the
worker), `control` (written by whoever steers it) and `worker.log`. What a run has made stands in its journals alone: a
progress file that could not be written costs nothing.
"""

from synth.runs.amendments import Amendment, effective, read_amendments, takes_of
from synth.runs.dropped import Ended, ended_early
from synth.runs.folders import Runs
from synth.runs.frozen import read_config
from synth.runs.inbox import Inbox, Posted
from synth.runs.locks import take_lock
from synth.runs.progress import Control, Progress
from synth.runs.status import RunStatus, State, StepProgress

__all__ = [
    "Amendment",
    "Control",
    "Ended",
    "Inbox",
    "Posted",
    "Progress",
    "RunStatus",
    "Runs",
    "State",
    "StepProgress",
    "effective",
    "ended_early",
    "read_amendments",
    "read_config",
    "take_lock",
    "takes_of",
]
