"""An owner of a workspace for the tests: opens it as the app does, and stays until its input ends.

python -m tests.runs.owner FOLDER [start CONFIG.json | resume RUN]
"""

import sys
from pathlib import Path

from synth.runs import read_config
from synth.workspace import Workspace


def main(words: list[str]) -> None:
    """Open, start or resume what is asked, say `open`, wait."""
    workspace = Workspace(Path(words[0]))
    workspace.ingest_in_background(0.05)
    if words[1:2] == ["start"]:
        print(workspace.start_run(read_config(Path(words[2]).read_bytes(), words[2])), flush=True)
    elif words[1:2] == ["resume"]:
        workspace.resume(words[2])
    print("open", flush=True)
    sys.stdin.read()
    workspace.close()


if __name__ == "__main__":
    main(sys.argv[1:])
