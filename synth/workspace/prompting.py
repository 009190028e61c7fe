"""The workspace's own prompts: read, checked, shown on real items, kept, and taken back.

An own copy lies in `prompts/NAME.md` and goes before the shipped file; beside it `prompts/based_on/NAME.md` keeps what
the shipped file was when the copy was made, so that a later change of it is seen. Runs copy the prompts as they start.
"""

import difflib
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from synth.ask import STEP_OF
from synth.errors import BadInput, EspalierError, NotFound, PromptError
from synth.prompts import Prompt, Prompts
from synth.settings import PROMPTS
from synth.store import Database, prompted
from synth.workspace.previewing import Item, Preview
from synth.workspace.prompt_problems import Problem, problems_of
from synth.workspace.prompt_sources import SOURCES

MOST_CHARACTERS = 200_000


@dataclass(frozen=True, slots=True)
class PromptFacts:
    """A prompt in a list."""

    name: str
    step: str
    """Which step asks with it."""
    purpose: str
    inputs: tuple[str, ...]
    hash: str
    """Of the file in force, as records keep it."""
    own: bool
    """Whether the workspace has a copy of its own in force."""
    outdated: bool = False
    """Whether the shipped file has changed since the own copy was made."""
    problem: str = ""
    """Why no run can ask with it."""


class Prompting:
    """The prompts of one workspace."""

    def __init__(self, folder: Path, db: Database | None = None) -> None:
        """`db` is None beside an app that has the workspace open: then there are no items and no counts."""
        self._folder = folder / "prompts"
        self._base = self._folder / "based_on"
        self._db = db
        self._shipped = Prompts()

    @property
    def has_records(self) -> bool:
        """Whether items can be listed and records counted."""
        return self._db is not None

    def all(self) -> list[PromptFacts]:
        """Every prompt that a step asks with, in the order of the flow; broken ones with what is wrong."""
        return [self.facts(name) for name in STEP_OF]

    def facts(self, name: str) -> PromptFacts:
        """One prompt. Raises `NotFound` with the names that there are."""
        own = self._own(name).is_file()
        shipped = self._shipped.get(name)
        wrong = self._wrong(name) if own else []
        purpose, inputs = shipped.purpose, shipped.inputs
        if own and not wrong:
            purpose = self._parsed(name, self.text(name)).purpose
        return PromptFacts(
            name=name,
            step=STEP_OF[name],
            purpose=purpose,
            inputs=inputs,
            hash=hash_of(self.text(name)) if own else shipped.hash,
            own=own,
            outdated=own and self.based_on(name) not in (None, self.shipped_text(name)),
            problem=wrong[0].words if wrong else "",
        )

    def text(self, name: str) -> str:
        """The whole file in force, front matter included."""
        own = self._own(name)
        return _read(own) if own.is_file() else self.shipped_text(name)

    def shipped_text(self, name: str) -> str:
        """The whole file that comes with the product."""
        self._own(name)
        return _read(PROMPTS / f"{name}.md")

    def based_on(self, name: str) -> str | None:
        """What the shipped file was when the own copy was made; None where that was not kept."""
        path = self._base / self._own(name).name
        return _read(path) if path.is_file() else None

    def changes(self, name: str, text: str | None = None) -> str:
        """A unified diff from the shipped file to `text`, else to the file in force; "" where they are the same."""
        return difference(self.shipped_text(name), self.text(name) if text is None else text, "shipped", "own")

    def shipped_changes(self, name: str) -> str:
        """A unified diff of what the shipped file has changed since the own copy was made."""
        return difference(self.based_on(name) or "", self.shipped_text(name), "shipped then", "shipped now")

    def problems(self, name: str, text: str) -> list[Problem]:
        """What is in the way of asking with `text`, with its line where that is known; [] where nothing is."""
        self._own(name)
        shipped = self._shipped.get(name)
        if len(text) > MOST_CHARACTERS:
            return [Problem(f"a prompt has {MOST_CHARACTERS:,} characters at most; this has {len(text):,}")]
        try:
            found = self._parsed(name, text)
        except PromptError as error:
            return problems_of(error, text, shipped.inputs)
        wrong = problems_of(None, text, shipped.inputs, found.inputs)
        if found.form is not None and shipped.form is not None and found.form.parts != shipped.form.parts:
            parts = ", ".join(shipped.form.parts)
            wrong.append(Problem(f"`reply` names other parts than the step reads: {parts}"))
        if not wrong:
            try:
                self.preview(name, text=text, example=True)
            except EspalierError as error:
                wrong = problems_of(error, text, shipped.inputs)
        return wrong

    def save(self, name: str, text: str, *, seen: str | None = None) -> PromptFacts:
        """Keep an own copy. Raises `PromptError` for what no run could ask with; then nothing is changed.

        The shipped text takes the own copy away. `seen` is the hash of the file that was edited: `BadInput` where
        somebody changed it meanwhile.
        """
        text = normalised(text)
        if wrong := self.problems(name, text):
            raise PromptError(f"{name} is not kept: {'; '.join(problem.words for problem in wrong)}.")
        if seen is not None and seen != hash_of(self.text(name)):
            raise BadInput(f"{name} was changed by somebody else meanwhile; look at it again, then keep yours.")
        if text == normalised(self.shipped_text(name)):
            self.reset(name)
            return self.facts(name)
        path = self._own(name)
        if not path.is_file() or self.based_on(name) is None:
            self.accept_shipped(name)
        _write(path, text)
        return self.facts(name)

    def reset(self, name: str) -> bool:
        """Take the own copy away. Returns whether there was one."""
        path = self._own(name)
        had = path.is_file()
        try:
            path.unlink(missing_ok=True)
            (self._base / path.name).unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(f"{path} cannot be taken away: {error.strerror}. Mend that first.") from error
        with suppress(OSError):
            self._base.rmdir()
        return had

    def accept_shipped(self, name: str) -> None:
        """Say that the own copy is up to date with what is shipped now."""
        _write(self._base / self._own(name).name, self.shipped_text(name))

    def check_own(self) -> None:
        """Raise `BadInput` that names a file with which a run would fail, before one starts."""
        for name in STEP_OF:
            path = self._own(name)
            if path.is_file() and (wrong := self._wrong(name)):
                raise BadInput(f"{path}: {wrong[0].words}. Mend it, or take it away.")

    def used(self, name: str) -> dict[str, int]:
        """Hash -> records of the workspace that were made with this prompt. Raises `BadInput` without its database."""
        self._own(name)
        if self._db is None:
            raise BadInput("records cannot be counted here: another Espalier has the workspace open.")
        return prompted.made_with(self._db, name)

    def noun(self, name: str) -> str:
        """What a prompt is about, in the plural."""
        self._own(name)
        return SOURCES[name].noun

    def items(self, name: str) -> list[Item]:
        """What of the workspace a prompt can be shown on, the newest first."""
        self._own(name)
        return [] if self._db is None else SOURCES[name].items(self._db)

    def preview(
        self, name: str, item_id: str | None = None, text: str | None = None, *, example: bool = False
    ) -> Preview:
        """The question that the step would send about an item, else about the newest, with `text` instead of the file.

        Raises `PromptError` where it cannot be filled in, and `NotFound` for an item that is not there.
        """
        self._own(name)
        db = None if example else self._db
        if text is None:
            return SOURCES[name].show(Prompts(self._folder), db, item_id)
        with TemporaryDirectory(prefix="espalier-prompt-") as folder:
            path = Path(folder) / f"{name}.md"
            _write(path, normalised(text))
            try:
                return SOURCES[name].show(Prompts(Path(folder)), db, item_id)
            except PromptError as error:  # the file is ours; whoever gave the text does not know it
                raise PromptError(str(error).replace(str(path), name)) from error.__cause__

    def _wrong(self, name: str) -> list[Problem]:
        """What is in the way of asking with the own copy as it lies there: somebody may have edited the file."""
        try:
            Prompts(self._folder).get(name)
        except PromptError as error:
            return problems_of(error, self.text(name), self._shipped.get(name).inputs)
        return self.problems(name, self.text(name))

    def _parsed(self, name: str, text: str) -> Prompt:
        with TemporaryDirectory(prefix="espalier-prompt-") as folder:
            _write(Path(folder) / f"{name}.md", normalised(text))
            return Prompts(Path(folder)).get(name)

    def _own(self, name: str) -> Path:
        if name not in STEP_OF:
            raise NotFound(f"no prompt `{name}`; there are {_listed(STEP_OF)}.")
        return self._folder / f"{name}.md"


def normalised(text: str) -> str:
    """As it is kept: one kind of line end, one of them at the end, and nothing that UTF-8 cannot hold."""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").rstrip() + "\n"
    return plain.encode("utf-8", "replace").decode("utf-8")


def hash_of(text: str) -> str:
    """As records keep it."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def difference(before: str, after: str, name_before: str, name_after: str) -> str:
    """A unified diff; "" where nothing differs."""
    lines = difflib.unified_diff(
        normalised(before).splitlines(), normalised(after).splitlines(), name_before, name_after, lineterm=""
    )
    return "\n".join(lines)


def _listed(names: Iterable[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        raise BadInput(f"{path} cannot be read: {error.strerror}. Mend that, or take it away.") from error


def _write(path: Path, text: str) -> None:
    """The file is whole at any moment."""
    draft = path.with_name(path.name + ".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        draft.write_bytes(text.encode("utf-8"))
        draft.replace(path)
    except OSError as error:
        raise BadInput(f"{path} cannot be written: {error.strerror}. Mend that first.") from error
