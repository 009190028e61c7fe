"""What every benchmark shares: sides timed in turn within one run, medians, and where the numbers end up."""

import json
import os
import platform
import statistics
import time
from collections.abc import Callable, Mapping
from pathlib import Path

RESULTS = Path(__file__).resolve().parent / "results"


def time_in_turn(sides: Mapping[str, Callable[[], object]], repeats: int = 3) -> dict[str, list[float]]:
    """Seconds of each side, `repeats` times: a, b, a, b, ..., so that other load on the machine meets all alike."""
    seconds: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(repeats):
        for name, work in sides.items():
            began = time.perf_counter()
            work()
            seconds[name].append(time.perf_counter() - began)
    return seconds


def ratios(baseline: list[float], ours: list[float]) -> dict[str, float]:
    """How many times faster we are, from the pairs of one repeat each: median, lowest and highest."""
    pairs = [slow / fast for slow, fast in zip(baseline, ours, strict=True)]
    return {
        "median": round(statistics.median(pairs), 2),
        "lowest": round(min(pairs), 2),
        "highest": round(max(pairs), 2),
    }


def machine() -> dict[str, str | int]:
    """What the numbers were taken on, without names or dates."""
    return {
        "processor": _processor(),
        "cores": os.cpu_count() or 0,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
    }


def save(name: str, result: Mapping[str, object]) -> None:
    """Write `results/<name>.json` and print it."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"benchmark": name, "machine": machine(), **result}, indent=1)
    (RESULTS / f"{name}.json").write_text(text + "\n", encoding="utf-8")
    print(text)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or "unknown"
    return next((line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")), "unknown")
