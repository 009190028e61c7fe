"""Partial isolation holds what it says, for the superuser and for an ordinary user, and nothing wrong passes in it.

What it does not hold stands below by name: `OTHERWISE`, `NOT_HELD`, `NOT_RUNNABLE`.
"""

import pytest

from synth.records import CodeFile
from tests.sandbox import cases
from tests.sandbox.around import SECRET
from tests.sandbox.cases import GOT, Folder, Work
from tests.sandbox.partial_runner import WAYS, Left, Result, run_all

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

HOSTILE = Folder(cases.HOSTILE)
HONEST = Folder(cases.HONEST)
MOST_TIMES = 3
"""That a program which leaves something for the next is run."""
RIGHT = (CodeFile(path="solution.py", text=cases.RIGHT),)

OTHERWISE = {
    **dict.fromkeys(
        [
            *("network/interfaces", "persistence/daemon", "persistence/holds_output", "persistence/respawn"),
            *("kernel/rights", "secrets/descriptors", "secrets/earlier_jobs", "secrets/first_process"),
            *("secrets/devices", "secrets/kernel_log", "secrets/mounts", "processes/fork_count"),
        ],
        "it stops at a folder that it may not read: nothing below `/proc`, no list of `/dev`",
    ),
    **dict.fromkeys(
        ["files/odd_names", "network/host_sockets", "persistence/listener"],
        "it stops at a socket that it does not get",
    ),
    **dict.fromkeys(
        ["files/inodes", "files/links"],
        "what is too much is found by looking, which ends the job, and does not fail the call",
    ),
}
"""Contained, but the program ends in another way than in namespaces."""
NOT_HELD = {
    "processes/threads": "the kernel counts the user's processes, not the job's: between two looks there are more",
    "processes/fork_count": "as with threads",
}
"""Not contained as an ordinary user, for less than a tenth of a second."""
_SHARING = ("executors", "process_pool", "queues_and_locks", "shared_memory")
NOT_RUNNABLE = {
    "superuser": ("network/",),
    "ordinary user": ("network/", *(f"concurrency/{name}" for name in _SHARING)),
}
"""Honest programs that want sockets, or the locks that processes share: `not_collected`, with the reason."""


@pytest.fixture(scope="module", params=WAYS)
def way(request: pytest.FixtureRequest) -> str:
    """As whom."""
    return str(request.param)


@pytest.fixture(scope="module")
def everything(way: str) -> tuple[dict[str, Result], Left]:
    """What came of all programs, and what they left."""
    return run_all(way, {**hostile(), **forging(), **honest()})


def hostile() -> dict[str, Work]:
    """Programs that are to be contained: by themselves, as tests and as solutions."""
    works: dict[str, Work] = {}
    for name in HOSTILE.but("forging", "guessing"):
        for number in range(min(HOSTILE.cases[name].times, MOST_TIMES)):
            works[f"program {name} {number}"] = cases.program(HOSTILE.cases[name])
    for number, name in enumerate(HOSTILE.of("files", "network", "secrets", "kernel", "interference")):
        if number % 2:
            works[f"tests {name}"] = cases.as_tests(HOSTILE.cases[name])
        else:
            works[f"solution {name}"] = cases.as_solution(HOSTILE.cases[name])
    return works


def forging() -> dict[str, Work]:
    """Wrong solutions, each with one style of tests."""
    works: dict[str, Work] = {}
    for number, name in enumerate(HOSTILE.of("forging")):
        styles = HOSTILE.cases[name].styles
        style = styles[number % len(styles)]
        works[f"forging {name} {style}"] = cases.forgery(HOSTILE.cases[name], style)
    return works


def honest() -> dict[str, Work]:
    """Right programs."""
    works: dict[str, Work] = {f"right {style}": cases.judged(RIGHT, style) for style in cases.STYLES}
    for name, case in HONEST.cases.items():
        works[f"honest {name} apart"] = cases.honest(case, apart=True)
        works[f"honest {name} together"] = cases.honest(case, apart=False)
    return works


def of_kind(everything: tuple[dict[str, Result], Left], *kinds: str) -> dict[str, Result]:
    """Results of these kinds of works, by the rest of their names."""
    return {name: result for name, result in everything[0].items() if name.split()[0] in kinds}


def test_no_hostile_program_gets_anything(way: str, everything: tuple[dict[str, Result], Left]) -> None:
    got = {}
    for name, result in of_kind(everything, "program", "tests", "solution").items():
        said = result.stdout + result.stderr
        if result.outcome == "infra_error" or SECRET in said or any(line.startswith(GOT) for line in said.split("\n")):
            got[name] = f"{result.outcome}\n{said[-1000:]}"
    allowed = NOT_HELD if way == "ordinary user" else {}
    assert {name: said for name, said in got.items() if name.split()[1] not in allowed} == {}


def test_hostile_programs_end_in_time_and_as_expected(everything: tuple[dict[str, Result], Left]) -> None:
    other = {}
    for name, result in of_kind(everything, "program").items():
        case = HOSTILE.cases[name.split()[1]]
        other_way = case.name in OTHERWISE or case.name in NOT_HELD
        expected = case.outcomes | ({"error", "tampered", "memory_limit"} if other_way else set())
        if result.outcome not in expected or result.seconds >= max(case.within, case.limits.wall_seconds + 1):
            other[name] = f"{result.outcome} {result.seconds}\n{(result.stdout + result.stderr)[-1000:]}"
    assert other == {}


def test_no_wrong_solution_passes(everything: tuple[dict[str, Result], Left]) -> None:
    outcomes = {name: result.outcome for name, result in of_kind(everything, "forging").items()}
    assert {name: said for name, said in outcomes.items() if said in ("passed", "infra_error")} == {}


def test_right_solutions_pass_in_every_style(everything: tuple[dict[str, Result], Left]) -> None:
    outcomes = {name: result.outcome for name, result in of_kind(everything, "right").items()}
    assert set(outcomes.values()) == {"passed"}, outcomes


def test_honest_programs_pass_or_are_told_what_is_not_there(
    way: str, everything: tuple[dict[str, Result], Left]
) -> None:
    for name, result in of_kind(everything, "honest").items():
        if name.split()[1].startswith(NOT_RUNNABLE[way]):
            assert (result.outcome, "partial isolation does not have" in result.stderr) == ("not_collected", True), name
        else:
            assert result.outcome == "passed", (name, result)


def test_nobody_came_through_a_door_and_nothing_is_left(everything: tuple[dict[str, Result], Left]) -> None:
    assert everything[1] == Left([], [], {}, [])
