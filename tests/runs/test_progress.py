"""What a worker says of itself in `progress.json`."""

import json
from pathlib import Path

from synth.runs import Progress


def test_a_worker_that_fails_before_its_first_step_keeps_what_the_one_before_had_done(tmp_path: Path) -> None:
    first = Progress(tmp_path, started=1.0)
    first.start("extract", 10)
    for _ in range(4):
        first.advance("extract")
    first.write()
    second = Progress(tmp_path, started=1.0, state="failed", error="no key")
    second.write()
    said = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert (said["state"], said["steps"][0]["done"]) == ("failed", 4)
    second.start("grow", 3)
    said = json.loads((tmp_path / "progress.json").read_text(encoding="utf-8"))
    assert [step["step"] for step in said["steps"]] == ["grow"]
