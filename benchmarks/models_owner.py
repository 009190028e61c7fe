"""The owner of a workspace beside a run: takes what is journaled into the database every half second, as the app does.

python benchmarks/models_owner.py WORKSPACE     says `ready`; when its standard input ends, how many records there are
"""

import sys
from pathlib import Path

from synth.records import PreExtraction
from synth.store import Database
from synth.workspace import Workspace


def main() -> None:
    """Until the input ends."""
    folder = Path(sys.argv[1])
    workspace = Workspace(folder)
    workspace.ingest_in_background()
    print("ready", flush=True)
    sys.stdin.read()
    workspace.ingest()
    workspace.close()
    db = Database(folder / "workspace.duckdb")
    print(len({key for key in asked(folder) if key not in db.missing(PreExtraction.kind, [key])}))
    db.close()


def asked(folder: Path) -> list[str]:
    """Ids of the records that were journaled."""
    from synth.journal import read_run

    return [record.id for run in sorted((folder / "runs").iterdir()) for record in read_run(run)]


if __name__ == "__main__":
    main()
