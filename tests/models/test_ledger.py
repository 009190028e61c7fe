"""What is paid is written down before anything else, counted once, and stops at the budget."""

import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import BudgetReached, EspalierError
from synth.models.base import Reply, Request
from synth.models.ledger import Account, Event, Ledger, call_files, read_calls, sum_calls
from synth.records.spending import Spend
from synth.settings import ROOT, Budget, Price
from tests.loopback import Answer, Loopback, body, completion, ok, truncated
from tests.models.asked import model_at, question

PRICE = Price(input=2.0, output=10.0, cached_input=0.5)
"""An answer of the loopback server, 11 tokens in and 7 out, costs 92 millionths."""
ONE = 92e-6


def ask(
    account: Account,
    requests: Iterable[Request],
    *script: Answer,
    price: Price | None = PRICE,
    at_once: int = 1,
    server: Loopback | None = None,
) -> list[Reply | BaseException]:
    """What comes of the questions, `at_once` at a time; after an error no further one is put."""

    async def go(opened: Loopback) -> list[Reply | BaseException]:
        model = Ledger(model_at(opened, concurrency=512), account, price)
        waiting, said = iter(requests), list[Reply | BaseException]()

        async def take() -> None:
            for request in waiting:
                try:
                    said.append(await model.complete(request))
                except EspalierError as error:
                    said.append(error)
                    return

        try:
            await asyncio.gather(*(take() for _ in range(at_once)))
        finally:
            await model.close()
        return said

    with server or Loopback(*script) as opened:
        return asyncio.run(go(opened))


def questions(count: int, **other: Any) -> list[Request]:  # noqa: ANN401 - fields of a request
    return [question(f"Question {number}?", item=f"task-{number}", **other) for number in range(count)]


def lines(folder: Path) -> list[Event]:
    return list(read_calls(folder))


def test_a_call_is_a_line_with_what_it_took_and_neither_texts_nor_keys(tmp_path: Path) -> None:
    heard: list[Event] = []
    account = Account(None, tmp_path, heard.append)
    ask(account, [question("A secret question", step="solve", item="solution-9", take=2)], ok("A secret answer"))
    account.close()
    (line,) = lines(tmp_path)
    assert line == heard[0]
    assert (line["step"], line["prompt"], line["item"], line["take"]) == ("solve", "make_task", "solution-9", 2)
    assert (line["model"], line["answered_by"], line["engine"], line["finish"]) == (
        "tiny",
        "tiny-2026",
        "openai",
        "stop",
    )
    assert (line["input_tokens"], line["output_tokens"], line["cached_tokens"]) == (11, 7, None)
    assert line["cost"] == pytest.approx(ONE)
    assert (line["hit"], line["batch"], line["attempts"]) == (False, False, 1)
    assert "secret" not in (tmp_path / "calls-0000.jsonl").read_text(encoding="utf-8")


def test_sums_are_kept_by_step_and_unknown_is_told_apart(tmp_path: Path) -> None:
    account = Account(None, tmp_path)
    ask(account, questions(2, step="task"), ok())
    ask(account, questions(1, step="solve"), ok(usage=False))
    ask(account, questions(1, step="solve"), truncated())
    ask(account, questions(1, step="judge"), ok(), price=None)
    spend = account.spend()
    assert spend["task"] == Spend(calls=2, input_tokens=22, output_tokens=14, cost=2 * ONE)
    assert spend["solve"] == Spend(calls=2, failed=1, unmeasured=2, unpriced=2)
    assert (spend["solve"].money, spend["judge"].money) == (None, None)
    assert (spend["judge"].input_tokens, spend["judge"].unpriced) == (11, 1)


def test_cached_input_is_paid_at_its_own_price(tmp_path: Path) -> None:
    usage = {"prompt_tokens": 1000, "completion_tokens": 0, "prompt_tokens_details": {"cached_tokens": 600}}
    ask(account := Account(None, tmp_path), questions(1), body(completion("x", usage=usage)))  # type: ignore[arg-type]
    (line,) = lines(tmp_path)
    assert line["cost"] == pytest.approx((400 * 2.0 + 600 * 0.5) / 1e6 if line["cached_tokens"] else 1000 * 2.0 / 1e6)
    assert account.spend()["task"].cached_tokens == (line["cached_tokens"] or 0)


def test_a_hit_is_written_down_and_costs_nothing(tmp_path: Path) -> None:
    account = Account(Budget(calls=0), tmp_path)
    with Loopback() as server:
        Ledger(model_at(server), account, PRICE).hit(question(), Reply("x", "tiny", prompt_tokens=9, hit=True))
    assert account.spend() == {"task": Spend(hits=1)}
    assert (lines(tmp_path)[0]["hit"], lines(tmp_path)[0]["cost"]) == (True, 0.0)


def test_a_later_worker_goes_on_with_the_sums_in_a_file_of_its_own(tmp_path: Path) -> None:
    first = Account(Budget(calls=3), tmp_path)
    ask(first, questions(2), ok())
    second = Account(Budget(calls=3), tmp_path)
    assert second.spend() == first.spend()
    said = ask(second, questions(5), ok())
    assert [type(one) for one in said] == [Reply, BudgetReached]
    assert [file.name for file in call_files(tmp_path)] == ["calls-0000.jsonl", "calls-0001.jsonl"]
    assert sum_calls(read_calls(tmp_path)) == second.spend()


def test_half_a_line_and_foreign_lines_are_passed_over(tmp_path: Path) -> None:
    ask(Account(None, tmp_path), questions(2), ok())
    file = tmp_path / "calls-0000.jsonl"
    whole = file.read_bytes()
    file.write_bytes(b'["x"]\n{"step": "task"}\nnot json\n' + whole + whole[: len(whole) // 3])
    assert Account(None, tmp_path).spend()["task"].calls == 2


@given(st.binary(max_size=200))
def test_no_bytes_upset_the_reading(noise: bytes) -> None:
    from synth.models.ledger import parse_call

    assert parse_call(noise + b"\n") is None


@pytest.mark.parametrize(
    ("budget", "most"),
    [(Budget(calls=7), 7), (Budget(tokens=7 * 18), 7), (Budget(money=7 * ONE - 1e-9), 7), (Budget(calls=0), 0)],
    ids=["calls", "tokens", "money", "none at all"],
)
def test_one_after_the_other_the_budget_is_kept_to_the_call(tmp_path: Path, budget: Budget, most: int) -> None:
    said = ask(Account(budget, tmp_path), questions(20), ok())
    assert [type(one) for one in said] == [Reply] * most + [BudgetReached]
    assert f"--{next(iter(budget.model_dump(exclude_none=True)))} N" in str(said[-1])


@pytest.mark.parametrize("at_once", [4, 32])
@pytest.mark.parametrize("name", ["tokens", "money"])
def test_what_is_over_the_budget_was_in_flight(tmp_path: Path, name: str, at_once: int) -> None:
    budget = Budget(tokens=50 * 18) if name == "tokens" else Budget(money=50 * ONE - 1e-9)
    account = Account(budget, tmp_path)
    with_server = Loopback(ok())
    said = ask(account, questions(400), at_once=at_once, server=with_server)
    answered = [one for one in said if isinstance(one, Reply)]
    assert 50 <= len(answered) <= 50 + at_once - 1
    assert len(with_server.requests) == len(answered) == len(lines(tmp_path))
    assert sum(isinstance(one, BudgetReached) for one in said) == at_once


def test_calls_are_never_more_than_the_budget_has_however_many_are_in_flight(tmp_path: Path) -> None:
    said = ask(Account(Budget(calls=50), tmp_path), questions(400), ok(), at_once=64)
    assert sum(isinstance(one, Reply) for one in said) == 50


def test_where_usage_is_not_told_the_budget_counts_by_length_and_the_line_says_so(tmp_path: Path) -> None:
    account = Account(Budget(tokens=350), tmp_path)
    said = ask(account, [question("x" * 400, item=str(number)) for number in range(9)], ok("y" * 80, usage=False))
    assert [type(one) for one in said] == [Reply, Reply, Reply, BudgetReached]
    assert lines(tmp_path)[0]["counted"] == {"tokens": 120, "money": pytest.approx((100 * 2 + 20 * 10) / 1e6)}
    assert account.spend()["task"] == Spend(calls=3, unmeasured=3, unpriced=3), "in what is shown it stays unknown"
    assert [type(one) for one in ask(Account(Budget(tokens=350), tmp_path), questions(1), ok())] == [BudgetReached]


def test_what_costs_nothing_is_not_stopped_by_a_budget_in_money(tmp_path: Path) -> None:
    said = ask(Account(Budget(money=0.0), tmp_path), questions(3), ok(), price=Price())
    assert [type(one) for one in said] == [Reply] * 3
    assert [type(one) for one in ask(Account(Budget(money=0.0)), questions(1), ok())] == [BudgetReached]


def test_a_raised_budget_lets_the_run_go_on(tmp_path: Path) -> None:
    ask(Account(Budget(calls=2), tmp_path), questions(5), ok())
    assert [type(one) for one in ask(Account(Budget(calls=4), tmp_path), questions(2), ok())] == [Reply] * 2


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    account = Account()
    ask(account, questions(2), ok())
    assert account.spend()["task"].calls == 2
    assert not list(tmp_path.iterdir())


LIMITED = """
import asyncio, resource, signal, sys
from pathlib import Path
from synth.errors import EspalierError
from synth.models.base import Reply, Request
from synth.models.ledger import Account, Ledger
from synth.settings import Budget

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))

class Counting:
    engine, name, asked = "openai", "tiny", 0
    async def complete(self, request):
        self.asked += 1
        return Reply("x", "tiny", prompt_tokens=1, completion_tokens=1)

async def main(folder):
    model = Counting()
    ledger = Ledger(model, Account(Budget(), Path(folder)), None)
    answered = 0
    for number in range(100):
        try:
            await ledger.complete(Request("make_task", "hash", {}, "?", 0.5, step="task", item=str(number)))
            answered += 1
        except EspalierError as error:
            said = error
    print(answered, model.asked, said)

asyncio.run(main(sys.argv[1]))
"""


def test_on_a_full_disk_nothing_more_is_asked_and_the_lines_before_can_be_read(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LIMITED, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    answered, asked, said = done.stdout.split(" ", 2)
    assert int(asked) == int(answered) + 1
    assert "what is paid cannot be written down" in said
    assert Account(None, tmp_path).spend()["task"].calls == int(answered)


KILLED = LIMITED.replace("resource.setrlimit(resource.RLIMIT_FSIZE, (3000, 3000))", "").replace(
    "answered += 1", "print(number, flush=True)"
)


def test_what_was_handed_on_before_a_kill_is_in_the_ledger(tmp_path: Path) -> None:
    script = KILLED.replace("range(100)", "range(1_000_000)")
    worker = subprocess.Popen(
        [sys.executable, "-c", script, str(tmp_path)], stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert worker.stdout is not None
    heard = [worker.stdout.readline() for _ in range(50)]
    os.kill(worker.pid, signal.SIGKILL)
    rest, _ = worker.communicate()
    heard += [line for line in rest.splitlines(keepends=True) if line.endswith("\n")]
    assert {line["item"] for line in read_calls(tmp_path)} >= {line.strip() for line in heard}


def test_lines_are_one_json_object_each(tmp_path: Path) -> None:
    ask(Account(None, tmp_path), [question(item="a\nb\u2028\ud800")], ok())
    (line,) = (tmp_path / "calls-0000.jsonl").read_bytes().splitlines()
    assert json.loads(line)["item"] == "a\nb\u2028\ud800"
