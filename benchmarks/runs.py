"""Claims: journals are taken in at half the rate of a bare appender or better; a worker's memory stays flat over
100,000 items; a run with 100,000 finished items starts new work within three times one scan of its journal.

python benchmarks/runs.py [--items 100000] [--rows 20000] [--only ingest memory]

Both sides of the ingest write the same 5 KB rows into the same table of a new workspace's database, in turn. The run
reads features of made-up seeds from a server on loopback (`benchmarks/runs_server.py`), a process of its own.
"""

import argparse
import json
import random
import shutil
import statistics
import string
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
from measure import save

from synth.journal import Journal, journal_files, read_run
from synth.records import CodeFile, Made, Seed, Solution
from synth.runs import Runs
from synth.settings import RunConfig
from synth.store import Database
from synth.store.rows import columns_of, to_rows
from synth.workspace import Workspace, demo_config

HERE = Path(__file__).resolve().parent
ROUNDS = 5
FLUSH_ROWS = 1_000
MORE = 5_000
"""Seeds that are left for the workers that go on."""
MADE = Made(engine="openai", model="tiny", prompt="solve_task", prompt_hash="0" * 16, temperature=0.7)


def solutions(count: int) -> list[Solution]:
    """Records of about 5 KB, with words that compress as text does."""
    chance = random.Random(11)
    words = ["".join(chance.choices(string.ascii_lowercase, k=chance.randint(2, 9))) for _ in range(3_000)]

    def text(length: int) -> str:
        return " ".join(chance.choices(words, k=length // 6)).replace(" q", "\n    q")

    return [
        Solution(
            id=f"solution-{chance.getrandbits(64):016x}",
            task_id=f"task-{chance.getrandbits(64):016x}",
            attempt=0,
            previous_id=None,
            files=(CodeFile(path="made.py", text=text(2_500)),),
            tests=(CodeFile(path="test_made.py", text=text(1_900)),),
            packages=(),
            made=MADE,
        )
        for _ in range(count)
    ]


def measure_ingest(count: int, rounds: int) -> dict[str, object]:
    """Rows a second of a bare appender, and of what the owner does with the same rows in a journal."""
    records = solutions(count)
    rows = to_rows(Solution, records)
    bare: list[float] = []
    whole: list[float] = []
    for _ in range(rounds):
        bare.append(count / _append_bare(rows))
        seconds, size = _take_in(records)
        whole.append(count / seconds)
    shares = [ours / theirs for ours, theirs in zip(whole, bare, strict=True)]
    return {
        "rows": count,
        "bytes_a_row": round(size / count),
        "bare_appender_rows_a_second": round(statistics.median(bare)),
        "journal_to_database_rows_a_second": round(statistics.median(whole)),
        "share_of_the_bare_rate": {
            "median": round(statistics.median(shares), 2),
            "lowest": round(min(shares), 2),
            "highest": round(max(shares), 2),
        },
    }


def _append_bare(rows: list[tuple[object, ...]]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        Database(Path(folder) / "workspace.duckdb").close()  # for its tables
        began = time.perf_counter()
        database = duckdb.connect(Path(folder) / "workspace.duckdb")
        appender = database.appender("solutions", columns=columns_of(Solution))
        for first in range(0, len(rows), FLUSH_ROWS):
            appender.append_rows(rows[first : first + FLUSH_ROWS])
            appender.flush()
        del appender
        database.close()
        return time.perf_counter() - began


def _take_in(records: list[Solution]) -> tuple[float, int]:
    with tempfile.TemporaryDirectory() as folder:
        runs = Runs(Path(folder) / "runs")
        run = runs.path(runs.create(demo_config(), lambda path: None))
        Database(Path(folder) / "workspace.duckdb").close()
        with Journal(run) as journal:
            for record in records:
                journal.append(record)
        began = time.perf_counter()
        workspace = Workspace(Path(folder))  # takes in what is there
        workspace.close()
        seconds = time.perf_counter() - began
        return seconds, sum(file.stat().st_size for file in journal_files(run))


def measure_run(items: int) -> dict[str, object]:
    """Resident memory of a worker on its way to `items` items, and how soon the next one has new work."""
    folder = Path(tempfile.mkdtemp())
    try:
        with _server() as port:
            runs = Runs(folder / "runs")
            run_id = _prepared(runs, folder, port, items + MORE)
            path = runs.path(run_id)
            memory = _work(runs, run_id, items)
            scan, whole_scan, heads = _scans(path)
            new_work = [_first_new(runs, run_id) for _ in range(3)]
        size = sum(file.stat().st_size for file in journal_files(path))
        return {
            "items": items,
            "journal_megabytes": round(size / 1e6),
            "worker_megabytes": memory,
            "grown_from_a_tenth_to_all": round(memory[str(items)] / memory[str(items // 10)], 3),
            "scan_seconds": {
                "lines": round(scan, 2),
                "lines_as_json": round(heads, 2),
                "records": round(whole_scan, 2),
            },
            "first_new_question_seconds": [round(seconds, 2) for seconds in new_work],
            "times_the_scan_of_lines_as_json": round(statistics.median(new_work) / heads, 2),
            "times_the_scan_of_records": round(statistics.median(new_work) / whole_scan, 2),
        }
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _prepared(runs: Runs, folder: Path, port: int, seeds: int) -> str:
    engine = {
        "kind": "openai",
        "model": "tiny",
        "base_url": f"http://127.0.0.1:{port}/v1",
        "concurrency": 64,
        "structured": "no",
    }
    steps = {"grow": {"steps": 0}, "sample": {"count": 0}, "evolve": {"roots": 0}}
    config = RunConfig.model_validate({"name": "many", "engine": engine, **steps})
    code = "def made(values):\n" + "".join(f"    total_{n} = sum(values[{n}:])\n" for n in range(40))

    def fill(snapshot: Path) -> None:
        workspace = Workspace(folder / "empty")
        workspace.trees.save(snapshot / "tree")
        workspace.close()
        with (snapshot / "seeds.jsonl").open("w", encoding="utf-8") as lines:
            for number in range(seeds):
                seed = Seed(
                    id=f"seed-{number:016x}", source="path", path="made.py", line=number + 1, end_line=number + 9,
                    name=f"made_{number}", unit="function", code=f"# {number}\n{code}", licence="MIT",
                )  # fmt: skip
                lines.write(seed.model_dump_json() + "\n")
        for name in ("extractions", "growths"):
            (snapshot / f"{name}.jsonl").touch()
        (snapshot / "prompts").mkdir()
        (snapshot / "prices.json").write_text("{}", encoding="utf-8")

    return runs.create(config, fill)


def _work(runs: Runs, run_id: str, items: int) -> dict[str, float]:
    """Let a worker do `items` items, then stop it. Returns its memory at each tenth."""
    runs.start(run_id)
    worker = runs._workers[run_id].pid
    memory: dict[str, float] = {}
    while True:
        done = next((step.done for step in runs.status(run_id).steps if step.step == "extract"), 0)
        for mark in (items // 10, items // 2, items):
            if done >= mark and str(mark) not in memory:
                memory[str(mark)] = round(_resident(worker), 1)
        if done >= items:
            break
        if not runs.status(run_id).alive:
            raise SystemExit(runs.status(run_id).error)
        time.sleep(0.05)
    runs.cancel(run_id)
    while runs.status(run_id).alive:
        time.sleep(0.05)
    return memory


def _resident(process: int) -> float:
    text = Path(f"/proc/{process}/status").read_text(encoding="utf-8")
    return int(text.split("VmRSS:")[1].split()[0]) / 1024


def _scans(path: Path) -> tuple[float, float, float]:
    """Seconds for its lines, for its records, and for its lines as JSON."""
    began = time.perf_counter()
    for file in journal_files(path):
        with file.open("rb") as lines:
            sum(len(line) for line in lines)
    plain = time.perf_counter() - began
    began = time.perf_counter()
    sum(1 for _ in read_run(path))
    records = time.perf_counter() - began
    began = time.perf_counter()
    for file in journal_files(path):
        with file.open("rb") as lines:
            sum(bool(json.loads(line)) for line in lines)
    return plain, records, time.perf_counter() - began


def _first_new(runs: Runs, run_id: str) -> float:
    """Seconds from starting a worker to its first new record, everything that starting takes included."""
    path = runs.path(run_id)
    held = len(journal_files(path))
    before = time.perf_counter()
    runs.start(run_id)
    while len(journal_files(path)) == held or not journal_files(path)[-1].stat().st_size:
        time.sleep(0.005)
    seconds = time.perf_counter() - before
    runs.cancel(run_id)
    while runs.status(run_id).alive:
        time.sleep(0.05)
    return seconds


@contextmanager
def _server() -> Iterator[int]:
    process = subprocess.Popen(
        [sys.executable, str(HERE / "runs_server.py")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        yield int(process.stdout.readline())
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()


def main() -> None:
    """Measure, print and save."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--items", type=int, default=100_000)
    parser.add_argument("--rows", type=int, default=20_000)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--only", nargs="*", default=["ingest", "memory"])
    options = parser.parse_args()
    result: dict[str, object] = {}
    if "ingest" in options.only:
        result["ingest"] = measure_ingest(options.rows, options.rounds)
        print(json.dumps(result["ingest"], indent=1))
    if "memory" in options.only:
        result["run"] = measure_run(options.items)
    save("runs", result)


if __name__ == "__main__":
    main()
