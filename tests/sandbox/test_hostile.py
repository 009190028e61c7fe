"""Hostile programs are contained, and none of those that want to be taken for right is.

The programs are files in `tests/sandbox/hostile/`. They run many at a time, once for all the tests below, beside
another job that holds a secret and has servers open.
"""

import threading
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from synth.records import CodeFile
from synth.sandbox.base import Job, JobResult, Limits, Sandbox, Script, ScriptResult
from tests.sandbox import around, cases
from tests.sandbox.around import SECRET, Around
from tests.sandbox.cases import GOT, SHORT, TRIED, Case, Folder

pytestmark = [pytest.mark.sandbox, pytest.mark.timeout(300)]

CASES = Folder(cases.HOSTILE)
CONTAINED = CASES.but("forging", "guessing")
IN_OTHER_ROLES = CASES.of("files", "network", "secrets", "kernel", "interference")
FORGING = CASES.of("forging")
GUESSING = CASES.of("guessing")
AT_ONCE = 4
TRIES = 40
MOST_GUESSED = 0.1
"""Share of its tries that a forger may win who guesses which of the tests are altered."""

NEIGHBOUR = f'''
import mmap, os, socket, time
SECRET = "{SECRET}"
os.environ["NEIGHBOUR"] = SECRET
for path in ("/work/neighbour.txt", "/tmp/neighbour.txt", "/dev/shm/neighbour"):
    with open(path, "w") as file:
        file.write(SECRET)
with open("/proc/self/comm", "w") as file:
    file.write("neighbour-runs")
servers = [socket.create_server(("127.0.0.1", 45454))]
for address in ("\\0espalier-neighbour", "/tmp/neighbour.sock", "/work/neighbour.sock"):
    server = socket.socket(socket.AF_UNIX)
    server.bind(address)
    server.listen()
    servers.append(server)
print("here", flush=True)
time.sleep(3)
'''
"""Another job, which does nothing wrong and has much to lose."""

Result = ScriptResult | JobResult


class Batch:
    """Runs all cases that this session is about to test, ahead and many at once; a result is there when asked for."""

    def __init__(self, sandbox: Sandbox, surroundings: Around, keys: set[tuple[str, str]]) -> None:
        self._sandbox = sandbox
        self._surroundings = surroundings
        self._threads = ThreadPoolExecutor(AT_ONCE)
        self._results = {key: self._threads.submit(self._run, *key) for key in sorted(keys)}

    def __getitem__(self, key: tuple[str, str]) -> list[Result]:
        return self._results[key].result()

    def wait(self) -> None:
        """Until every case is over."""
        self._threads.shutdown()

    def _run(self, way: str, name: str) -> list[Result]:
        """Run one case as often as it wants."""
        case = self._filled(CASES.cases[name])
        if way == "program":
            script = cases.program(case)
            return [self._sandbox.run(script) for _ in range(case.times)]
        makers = {"tests": cases.as_tests, "solution": cases.as_solution}
        job = makers[way](case) if way in makers else cases.forgery(case, way)
        return [self._sandbox.verify(job)]

    def _filled(self, case: Case) -> Case:
        return replace(case, files={path: self._surroundings.fill(text) for path, text in case.files.items()})


@pytest.fixture(scope="module")
def surroundings() -> Iterator[Around]:
    """Planted secrets and open doors."""
    around.keep_orphans()
    with around.planted() as planted:
        yield planted


@pytest.fixture(scope="module")
def neighbour(sandbox: Sandbox) -> Iterator[list[ScriptResult]]:
    """Another job, always running; its results as they come."""
    over = threading.Event()
    results: list[ScriptResult] = []
    script = Script((CodeFile(path="neighbour.py", text=NEIGHBOUR),), "neighbour.py", limits=Limits(wall_seconds=8))

    def stay() -> None:
        while not over.is_set():
            results.append(sandbox.run(script))

    thread = threading.Thread(target=stay)
    thread.start()
    yield results
    over.set()
    thread.join()


@pytest.fixture(scope="module")
def seen(
    request: pytest.FixtureRequest, sandbox: Sandbox, surroundings: Around, neighbour: list[ScriptResult]
) -> Iterator[Batch]:
    """What came of every case that is to be tested."""
    keys = set()
    for item in request.session.items:
        if isinstance(item, pytest.Function) and item.module is request.module and hasattr(item, "callspec"):
            given = item.callspec.params
            if "way" in given:
                keys.add((str(given["way"]), str(given["name"])))
    batch = Batch(sandbox, surroundings, keys)
    yield batch
    batch.wait()


def shown(result: Result) -> str:
    """What the program said, with what Python adds."""
    return f"{result.outcome} {result.seconds} s\n{result.stdout[-3000:]}\n{result.stderr[-2000:]}"


def assert_nothing_got_out(result: Result) -> None:
    """Neither the sandbox failed nor the attack worked."""
    said = result.stdout + result.stderr
    assert result.outcome != "infra_error", shown(result)
    assert SECRET not in said, shown(result)
    assert GOT not in said, shown(result)


@pytest.mark.parametrize("way", ["program"])
@pytest.mark.parametrize("name", CONTAINED)
def test_a_hostile_program_is_contained(seen: Batch, way: str, name: str) -> None:
    case = CASES.cases[name]
    for result in seen[way, name]:
        assert_nothing_got_out(result)
        assert result.outcome in case.outcomes, shown(result)
        assert result.seconds < case.within, shown(result)
        if TRIED in case.files[""] or "attack.tried()" in case.files[""]:
            assert result.outcome != "passed" or TRIED in result.stdout, shown(result)


@pytest.mark.parametrize("way", ["tests", "solution"])
@pytest.mark.parametrize("name", IN_OTHER_ROLES)
def test_it_is_contained_as_a_test_and_as_a_solution_too(seen: Batch, way: str, name: str) -> None:
    for result in seen[way, name]:
        assert_nothing_got_out(result)


@pytest.mark.parametrize(("name", "way"), [(name, style) for name in FORGING for style in CASES.cases[name].styles])
def test_a_wrong_solution_does_not_pass_whatever_it_does(seen: Batch, way: str, name: str) -> None:
    for result in seen[way, name]:
        assert result.outcome not in ("passed", "infra_error"), shown(result)
        assert result.seconds < 4 * SHORT.wall_seconds, shown(result)


@pytest.mark.parametrize(("name", "suite"), [(name, suite) for name in GUESSING for suite in CASES.cases[name].suites])
def test_guessing_which_tests_are_altered_seldom_pays(sandbox: Sandbox, name: str, suite: str) -> None:
    job = cases.guess(CASES.cases[name], suite)
    with ThreadPoolExecutor(AT_ONCE) as threads:
        outcomes = [result.outcome for result in threads.map(sandbox.verify, [job] * TRIES)]
    assert "infra_error" not in outcomes
    assert outcomes.count("passed") <= MOST_GUESSED * TRIES, Counter(outcomes)


@pytest.mark.parametrize("suite", cases.GUESSED)
def test_the_right_solution_passes_the_suites_for_guessers(sandbox: Sandbox, suite: str) -> None:
    test = CodeFile(path="test_it.py", text=cases.GUESSED[suite])
    result = sandbox.verify(Job((CodeFile(path="solution.py", text=cases.RIGHT),), (test,), apart=False))
    assert result.outcome == "passed", result


@pytest.mark.parametrize("style", cases.STYLES)
def test_the_right_solution_passes_the_same_tests(sandbox: Sandbox, style: str) -> None:
    result = sandbox.verify(cases.judged((CodeFile(path="solution.py", text=cases.RIGHT),), style))
    assert result.outcome == "passed", result
    assert (result.grade == "A-split") == ("apart" in style), result


def test_nobody_came_through_an_open_door_and_nothing_stayed(
    sandbox: Sandbox, surroundings: Around, seen: Batch, neighbour: list[ScriptResult]
) -> None:
    seen.wait()
    assert surroundings.visits == []
    assert around.settled_marks() == []
    assert not around.reachable(around.PORT_LEFT)
    for result in neighbour:
        assert (result.outcome, result.stdout) == ("passed", "here\n"), result


def test_after_all_of_them_the_sandbox_still_works_and_shows_nothing_of_them(sandbox: Sandbox, seen: Batch) -> None:
    seen.wait()
    text = "import os\nprint(sorted(os.listdir('/work')), os.listdir('/tmp'), os.listdir('/dev/shm'))\n"
    with ThreadPoolExecutor(AT_ONCE) as threads:
        script = Script((CodeFile(path="a.py", text=text),), "a.py")
        results = list(threads.map(sandbox.run, [script] * 4 * AT_ONCE))
    assert {(result.outcome, result.stdout) for result in results} == {("passed", "['a.py'] [] []\n")}
