"""`synth run --estimate`, `--pilot`, `--budget`, `--fresh`; `synth prices`; `synth cache`: as people type them."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from synth.cli import main
from synth.runs import Runs
from synth.settings import Budget
from tests import loopback
from tests.loopback import Loopback
from tests.runs.talking import wait_until
from tests.test_flow_endpoint import Talker

CODE = "def total_{0}(prices):\n    result = {0}\n    for one in prices:\n        result += one\n    return result\n"
ASKING = """
name = "asking"
[engine]
kind = "openai"
model = "tiny"
base_url = "{address}"
concurrency = 2
[grow]
steps = 0
[sample]
count = 0
"""


@pytest.fixture
def server() -> Iterator[Loopback]:
    with Loopback(loopback.ok(Talker())) as opened:
        yield opened


@pytest.fixture
def folder(
    tmp_path: Path, server: Loopback, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Path:
    """A current folder with a config and a workspace of twelve seeds."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "asking.toml").write_text(ASKING.format(address=server.base_url), encoding="utf-8")
    (tmp_path / "code.py").write_text("".join(CODE.format(number) for number in range(12)), encoding="utf-8")
    assert main(["seeds", "add", "code.py"]) == 0
    capsys.readouterr()
    return tmp_path


def said(capsys: pytest.CaptureFixture[str], *words: str, code: int = 0) -> str:
    """What a command prints, errors behind it."""
    assert main(list(words)) == code
    printed = capsys.readouterr()
    return printed.out + printed.err


def events(text: str) -> list[dict[str, object]]:
    return [json.loads(line) for line in text.splitlines()]


def test_an_estimate_starts_nothing_sends_nothing_and_knows_what_it_does_not_know(
    folder: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "run", "asking.toml", "--estimate")
    assert "extract" in text
    assert "upper bound" in text
    assert "unknown" in text
    assert "No price is known for `tiny`" in text
    said(capsys, "prices", "set", "tiny", "--input", "2", "--output", "10")
    (told,) = events(said(capsys, "run", "asking.toml", "--estimate", "--json"))
    assert (told["event"], told["of"], told["currency"]) == ("estimate", "run", "USD")
    assert told["calls"] == {"mean": 12.0, "low": 12.0, "high": 12.0}
    assert isinstance(told["cost"], dict)
    assert told["cost"]["high"] > 0
    assert not server.requests
    assert not Runs(folder / "workspace" / "runs").ids()


def test_a_pilot_makes_a_few_and_tells_the_whole(
    folder: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "prices", "set", "tiny", "--input", "2", "--output", "10")
    lines = events(said(capsys, "run", "asking.toml", "--pilot", "5", "--json"))
    estimates = [line for line in lines if line["event"] == "estimate" and "of" in line]
    assert [line["of"] for line in estimates] == ["pilot", "run"]
    assert len(server.requests) == 5
    whole = estimates[1]
    assert isinstance(whole["calls"], dict)
    assert whole["calls"]["mean"] == 7, "the five need not be asked again"
    assert isinstance(whole["cost"], dict)
    assert whole["cost"]["mean"] == pytest.approx(7 * 92e-6)
    assert [run.split("-", 1)[1] for run in Runs(folder / "workspace" / "runs").ids()] == ["asking-pilot"]
    assert "expected" in said(capsys, "run", "asking.toml", "--pilot", "3")
    said(capsys, "run", "asking.toml")
    assert len(server.requests) == 12, "each seed was paid once, whoever asked"


def test_a_budget_stops_the_run_and_says_how_to_go_on(
    folder: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    text = said(capsys, "run", "asking.toml", "--budget", "1", code=1)
    assert "no price is known for `tiny`" in text
    assert "synth prices set" in text
    said(capsys, "prices", "set", "tiny", "--input", "2", "--output", "10")
    main(["run", "asking.toml", "--budget", "0.0004"])
    printed = capsys.readouterr()
    assert "the budget of 0.0004 is used up" in printed.err
    assert "synth runs budget" in printed.err
    assert 5 <= len(server.requests) <= 6
    runs = Runs(folder / "workspace" / "runs")
    (run_id,) = runs.ids()
    assert runs.status(run_id).state == "stopped"
    for wrong in ("-1", "nan", "inf"):
        assert "amount of money" in said(capsys, "run", "asking.toml", f"--budget={wrong}", code=1)


def test_a_budget_in_money_is_refused_to_a_run_that_began_without_prices(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said(capsys, "run", "asking.toml")
    said(capsys, "prices", "set", "tiny", "--input", "2", "--output", "10")
    told = said(capsys, "runs", "budget", "r0001-asking", "--money", "3", code=1)
    assert "had none for `tiny`" in told
    assert "tokens or calls" in told
    (run,) = events(said(capsys, "runs", "show", "--json"))
    assert events(said(capsys, "runs", "--json", "show")) == [run]
    assert events(said(capsys, "runs", "--workspace", "workspace", "show", "--json")) == [run]
    assert (run["run"], run["state"], run["amendments"]) == ("r0001-asking", "finished", [])


def test_a_run_that_cannot_begin_again_keeps_its_accounts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "run", "asking.toml")
    runs = Runs(folder / "workspace" / "runs")
    runs.raise_budget("r0001-asking", Budget(money=3.0))
    wait_until(lambda: not runs.status("r0001-asking").alive)
    status = runs.status("r0001-asking")
    assert status.state == "failed"
    assert "no price is known for `tiny`" in status.error
    assert status.total.calls == 12


def test_what_was_known_already_is_told_beside_what_was_paid(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "run", "asking.toml", "--pilot", "5")
    (folder / "other" / "cache").mkdir(parents=True)
    shutil.copy(folder / "workspace" / "cache" / "replies.sqlite", folder / "other" / "cache")
    said(capsys, "seeds", "add", "code.py", "--workspace", "other")
    said(capsys, "prices", "set", "tiny", "--input", "2", "--output", "10", "--workspace", "other")
    told = said(capsys, "run", "asking.toml", "--workspace", "other")
    assert "7 calls, 5 known already" in told
    assert "to pay, came to 0.000644, and what was known already to 0.00046, inside the range" in told


def test_a_repeat_is_free_and_fresh_is_not(folder: Path, server: Loopback, capsys: pytest.CaptureFixture[str]) -> None:
    said(capsys, "run", "asking.toml")
    assert len(server.requests) == 12
    other = "asking-hotter.toml"
    (folder / other).write_text(
        (folder / "asking.toml").read_text() + "[extract]\ntemperature = 0.9\n", encoding="utf-8"
    )
    said(capsys, "run", other)
    assert len(server.requests) == 24
    said(capsys, "run", other)
    said(capsys, "run", "asking.toml")
    assert len(server.requests) == 24
    said(capsys, "run", "asking.toml", "--fresh")
    config = Runs(folder / "workspace" / "runs").config("r0005-asking")
    assert config.fresh


def test_flags_that_would_change_a_frozen_config_are_refused(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--estimate", "--fresh", "--batch"):
        assert "takes up a frozen config" in said(capsys, "run", "--resume", "r0001-x", flag, code=1)
    assert "synth runs budget" in said(capsys, "run", "--resume", "r0001-x", "--budget", "3", code=1)
    assert "leave out --pilot" in said(capsys, "run", "--resume", "r0001-x", "--pilot", "3", code=1)
    assert "1 or more" in said(capsys, "run", "asking.toml", "--pilot", "0", code=1)


def test_prices_are_listed_kept_and_removed(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "check them before you rely on them" in said(capsys, "prices", "list")
    said(capsys, "prices", "set", "gpt-4o-mini", "--input", "9", "--output", "9", "--cached-input", "1")
    rows = {str(row["model"]): row for row in events(said(capsys, "prices", "list", "--json"))}
    assert (rows["gpt-4o-mini"]["input"], rows["gpt-4o-mini"]["from"]) == (9.0, "own")
    assert rows["gpt-4o"]["from"] == "OpenAI"
    assert "the shipped one is used again" in said(capsys, "prices", "remove", "gpt-4o-mini")
    assert "no own price for `gpt-4o-mini`" in said(capsys, "prices", "remove", "gpt-4o-mini", code=1)
    for wrong in ("-1", "nan", "dear"):
        with pytest.raises(SystemExit):
            main(["prices", "set", "tiny", f"--input={wrong}", "--output", "1"])
        assert "is not an amount of money" in capsys.readouterr().err


def test_kept_replies_are_counted_and_forgotten(
    folder: Path, server: Loopback, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said(capsys, "cache", "info").startswith("0 replies")
    said(capsys, "run", "asking.toml")
    assert events(said(capsys, "cache", "info", "--json"))[0]["models"] == {"tiny": 12}
    assert "0 replies forgotten" in said(capsys, "cache", "clear", "--model", "other")
    assert "12 replies forgotten" in said(capsys, "cache", "clear")
    assert said(capsys, "cache", "info").startswith("0 replies")
