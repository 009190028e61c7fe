"""The workspace's replies: nothing is asked twice, nothing answered is lost, whatever becomes of the file."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Coroutine, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.errors import EspalierError
from synth.models.base import Form, Reply, Request, Turn
from synth.models.cache import Cached, key_of
from synth.models.replies import Replies, clear, look_into
from synth.settings import ROOT as ROOT_OF_TESTS
from tests.loopback import Answer, Loopback, cut_off, empty, ok, refusal, server_error, truncated
from tests.models.asked import model_at, question


@pytest.fixture
def replies(tmp_path: Path) -> Iterator[Replies]:
    opened = Replies(tmp_path / "cache" / "replies.sqlite")
    yield opened
    opened.close()


def run(work: Coroutine[Any, Any, list[Reply]]) -> list[Reply]:
    return asyncio.run(work)


async def answers(server: Loopback, replies: Replies, *requests: Request, since: float = 0.0) -> list[Reply]:
    """The replies to questions that are put one after the other."""
    model = Cached(model_at(server), replies, since=since)
    try:
        return [await model.complete(request) for request in requests]
    finally:
        await model.close()


def test_the_same_question_is_asked_once_and_the_second_answer_says_so(replies: Replies) -> None:
    with Loopback(ok("first"), ok("second")) as server:
        one, two = run(answers(server, replies, question(), question()))
    assert (one.text, one.hit, two.text, two.hit) == ("first", False, "first", True)
    assert replace(two, hit=False) == one
    assert len(server.requests) == 1


def test_another_item_or_step_is_the_same_question(replies: Replies) -> None:
    with Loopback(ok("first"), ok("second")) as server:
        asked = [question(), question(item="task-2", step="other")]
        assert [reply.text for reply in run(answers(server, replies, *asked))] == ["first", "first"]


DIFFERENT: list[dict[str, Any]] = [
    {"text": "Another?"},
    {"temperature": 0.8},
    {"top_p": 0.9},
    {"max_tokens": 17},
    {"draw": 1},
    {"take": 1},
    {"previous": (Turn("bad", "not JSON"),)},
    {"form": Form("make_task", {"f": "strings"})},
]


@pytest.mark.parametrize("change", DIFFERENT, ids=lambda change: next(iter(change)))
def test_what_makes_another_question_is_asked_for_itself(replies: Replies, change: dict[str, Any]) -> None:
    with Loopback(ok("first"), ok("second")) as server:
        said = run(answers(server, replies, question(), replace(question(), **change)))
    assert [reply.text for reply in said] == ["first", "second"]


texts = st.text(st.characters(codec=None), max_size=6)


@given(st.lists(texts, min_size=1, max_size=3), st.lists(texts, min_size=1, max_size=3))
def test_no_two_questions_share_a_key_however_their_texts_are_cut(one: list[str], two: list[str]) -> None:
    def key(parts: list[str]) -> bytes:
        turns = tuple(Turn(part, "") for part in parts[1:])
        return key_of(Named(), question(parts[0], previous=turns))

    assert (key(one) == key(two)) == (one == two)


class Named:
    """A model that is never asked."""

    engine = "openai"
    name = "tiny"

    async def complete(self, request: Request) -> Reply:
        raise AssertionError("asked")

    async def close(self) -> None:
        """Nothing to close."""


def test_a_form_counts_only_where_replies_may_be_asked_for_as_json() -> None:
    formed = question(form=Form("make_task", {"f": "strings"}))
    assert key_of(Named(), formed) != key_of(Named(), question())
    assert key_of(Named(), formed, structured=False) == key_of(Named(), question())


@pytest.mark.parametrize("answer", [cut_off(), empty(), refusal()], ids=["length", "empty", "refusal"])
def test_an_answer_that_is_of_no_use_was_paid_too_and_is_kept(replies: Replies, answer: Answer) -> None:
    with Loopback(answer, ok("second")) as server:
        one, two = run(answers(server, replies, question(), question()))
    assert two == replace(one, hit=True)


def test_what_failed_is_asked_again(replies: Replies) -> None:
    with Loopback(truncated(), ok("second")) as server:
        one, two = run(answers(server, replies, question(), question()))
    assert (one.finish, two.text) == ("failed", "second")


@given(st.text(st.characters(codec=None), max_size=2000), st.text(max_size=50), st.booleans())
def test_a_reply_comes_back_as_it_was(text: str, raw: str, known: bool) -> None:
    from synth.models.replies import _pack, _read

    reply = Reply(
        text,
        "tiny-2026",
        "length",
        prompt_tokens=3 if known else None,
        completion_tokens=0 if known else None,
        seconds=0.25,
        raw=raw,
        structured=known,
        batch=known,
        attempts=3,
    )
    assert _read(_pack(reply)) == replace(reply, hit=True)


def test_equal_questions_in_flight_are_sent_once(replies: Replies) -> None:
    async def both() -> list[Reply]:
        model = Cached(model_at(server), replies)
        try:
            return await asyncio.gather(*(model.complete(question()) for _ in range(20)))
        finally:
            await model.close()

    with Loopback(ok("first"), ok("second")) as server:
        assert {reply.text for reply in run(both())} == {"first"}
    assert len(server.requests) == 1


def test_where_one_of_equal_questions_fails_the_next_is_sent(replies: Replies) -> None:
    async def both() -> list[Reply]:
        model = Cached(model_at(server), replies)
        try:
            return await asyncio.gather(*(model.complete(question()) for _ in range(2)))
        finally:
            await model.close()

    with Loopback(truncated(), ok("second")) as server:
        assert [reply.finish for reply in run(both())] == ["failed", "stop"]


def test_fresh_asks_anew_what_is_older_than_the_run_and_replaces_it(replies: Replies) -> None:
    with Loopback(ok("first"), ok("second"), ok("third")) as server:
        run(answers(server, replies, question()))
        began = time.time()
        said = run(answers(server, replies, question(), question(), since=began))
        assert [reply.text for reply in said] == ["second", "second"], "its own answers a fresh run takes"
        assert run(answers(server, replies, question()))[0].text == "second"


def test_another_workspace_process_finds_the_reply(tmp_path: Path, replies: Replies) -> None:
    with Loopback(ok("first"), ok("second")) as server:
        other = Replies(replies.path)
        run(answers(server, replies, question()))
        assert run(answers(server, other, question()))[0].text == "first"
        other.close()


WRITER = """
import asyncio, sys
from pathlib import Path
from synth.models.base import Reply
from synth.models.replies import Replies

async def main(path, first):
    replies = Replies(Path(path))
    print("open", flush=True)
    for number in range(first, first + 100_000):
        await asyncio.gather(*(
            replies.put(f"{number} {part}".encode(), "tiny", Reply(f"{number} {part} " + "x" * 3000, "tiny"))
            for part in range(4)))
        print(number, flush=True)

asyncio.run(main(sys.argv[1], int(sys.argv[2])))
"""


def test_what_was_handed_on_is_there_after_kills_of_several_writers(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    for kill in range(4):
        writers = [
            subprocess.Popen(
                [sys.executable, "-c", WRITER, str(path), str(1_000_000 * kill + 200_000 * one)],
                stdout=subprocess.PIPE,
                text=True,
                cwd=ROOT_OF_TESTS,
            )
            for one in range(2)
        ]
        heard: list[int] = []
        for writer in writers:
            assert writer.stdout is not None
            assert writer.stdout.readline() == "open\n"
            heard += [int(writer.stdout.readline()) for _ in range(20)]
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            rest, _ = writer.communicate()
            heard += [int(line) for line in rest.splitlines(keepends=True) if line.endswith("\n")]
        replies = Replies(path)
        missing = [number for number in heard for part in range(4) if replies.get(f"{number} {part}".encode()) is None]
        replies.close()
        assert not missing
    with contextlib.closing(sqlite3.connect(path)) as connection:
        assert connection.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_damaged_file_is_set_aside_with_a_word_and_a_new_one_begun(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "replies.sqlite"
    path.write_bytes(b"this was never a database" * 400)
    replies = Replies(path)
    with Loopback(ok("first"), ok("second")) as server:
        one, two = run(answers(server, replies, question(), question()))
    replies.close()
    assert (one.hit, two.hit) == (False, True)
    assert (tmp_path / "replies.sqlite.damaged-1").read_bytes().startswith(b"this was never")
    assert "set aside as replies.sqlite.damaged-1" in caplog.text


def test_a_file_that_is_damaged_in_the_middle_does_not_stop_a_run(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "replies.sqlite"
    many = [question(f"Question {number}? " + "x" * 300) for number in range(300)]
    with Loopback(ok(lambda received: received.text + "y" * 900)) as server:
        first = Replies(path)
        run(answers(server, first, *many))
        first.close()
        size = path.stat().st_size
        with path.open("r+b") as file:
            file.seek(4096)
            file.write(b"\xff" * (size - 4096))
        second = Replies(path)
        said = run(answers(server, second, *many))
        again = run(answers(server, second, *many))
        second.close()
    assert [reply.text for reply in said] == [request.text + "y" * 900 for request in many]
    assert all(reply.hit for reply in again)
    assert list(tmp_path.glob("*.damaged-*"))
    assert "damaged" in caplog.text


def test_two_processes_that_find_the_damage_set_it_aside_once(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    path.write_bytes(b"\x00garbage" * 1000)
    opened = [Replies(path) for _ in range(3)]
    with Loopback(ok("first"), ok("second")) as server:
        run(answers(server, opened[0], question()))
        assert run(answers(server, opened[2], question()))[0].hit
    for replies in opened:
        replies.close()
    assert len(list(tmp_path.glob("*.damaged-*"))) == 1


def test_a_file_of_a_later_version_is_not_written_to(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("create table replies (something)")
        connection.execute("pragma user_version = 9")
    Replies(path).close()
    with contextlib.closing(sqlite3.connect(tmp_path / "replies.sqlite.damaged-1")) as kept:
        assert kept.execute("pragma user_version").fetchone() == (9,)


LIMITED = """
import asyncio, resource, signal, sys
from pathlib import Path
from synth.errors import EspalierError
from synth.models.base import Reply
from synth.models.replies import Replies

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)

async def main(path):
    replies = Replies(Path(path))
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))
    kept = 0
    try:
        for number in range(10_000):
            await replies.put(str(number).encode(), "tiny", Reply("%d" % number * 2000, "tiny"))
            kept += 1
    except EspalierError as error:
        print(kept, error)

asyncio.run(main(sys.argv[1]))
"""


def test_a_full_disk_ends_the_asking_and_what_was_handed_on_is_there(tmp_path: Path) -> None:
    path = tmp_path / "replies.sqlite"
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(path)], capture_output=True, text=True, cwd=ROOT_OF_TESTS, check=False
    )
    number, said = done.stdout.split(" ", 1)
    assert "replies cannot be kept there" in said
    assert "Nothing more is asked" in said
    replies = Replies(path)
    assert int(number) > 3
    assert all(replies.get(str(one).encode()) is not None for one in range(int(number)))
    replies.close()


def test_a_place_that_cannot_be_written_is_said_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file in the way", encoding="utf-8")
    with pytest.raises(EspalierError, match=r"cannot be kept there.*Nothing more is asked"):
        Replies(tmp_path / "cache" / "replies.sqlite")


def test_what_is_kept_can_be_counted_and_forgotten(replies: Replies) -> None:
    with Loopback(ok("first")) as server:
        run(answers(server, replies, question("one"), question("two"), question("three")))
        kept = look_into(replies.path)
        assert (kept.replies, kept.models) == (3, {"tiny": 3})
        assert kept.size > 0
        assert clear(replies.path, "other") == 0
        assert clear(replies.path, "tiny") == 3
        assert look_into(replies.path).replies == 0
        assert not run(answers(server, replies, question("one")))[0].hit, "the open run goes on"
    assert look_into(replies.path.with_name("none")).replies == 0


def test_a_server_error_is_no_reply(replies: Replies) -> None:
    with Loopback(server_error()) as server:
        (said,) = run(answers(server, replies, question()))
    assert said.finish == "failed"
    assert look_into(replies.path).replies == 0
