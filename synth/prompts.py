"""Prompts are files: YAML front matter (purpose, inputs, parts of the reply) and a Jinja2 body, checked when loaded.

A workspace may overlay its own copies. Values reach a prompt as JSON text through the `json` filter. With `reply` in
its front matter, such as `reply: {s: string, f: strings}`, the reply can also be asked for as JSON under a schema.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import StrictUndefined, Template, TemplateError, meta
from jinja2.sandbox import ImmutableSandboxedEnvironment

from synth.errors import PromptError
from synth.models.base import Form
from synth.models.forms import read_form
from synth.settings import PROMPTS


@dataclass(frozen=True, slots=True)
class Prompt:
    """One question we ask an engine."""

    name: str
    purpose: str
    inputs: tuple[str, ...]
    body: str
    hash: str
    """First 16 hex digits of the file's SHA-256."""
    template: Template
    form: Form | None = None
    """Which parts a reply has, where the front matter says so under `reply`."""

    def render(self, inputs: Mapping[str, object]) -> str:
        """Fill in the inputs. Raises `PromptError` where they are not exactly those declared."""
        if set(inputs) != set(self.inputs):
            raise PromptError(f"prompt {self.name}: declares inputs {sorted(self.inputs)}, got {sorted(inputs)}.")
        try:
            return self.template.render(**inputs)
        except TemplateError as error:
            raise PromptError(f"prompt {self.name}: {error}") from error


class Prompts:
    """The shipped prompts, with a workspace's own copies laid over them."""

    def __init__(self, overlay: Path | None = None) -> None:
        self._folders = [folder for folder in (overlay, PROMPTS) if folder is not None]
        self._environment = ImmutableSandboxedEnvironment(
            undefined=StrictUndefined, keep_trailing_newline=False, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.filters["json"] = _as_json
        self._loaded: dict[str, Prompt] = {}

    def names(self) -> list[str]:
        """All prompt names, sorted."""
        return sorted({file.stem for folder in self._folders for file in folder.glob("*.md")})

    def get(self, name: str) -> Prompt:
        """Load one prompt. Raises `PromptError` that names the file and what is wrong with it."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> Prompt:
        for folder in self._folders:
            path = folder / f"{name}.md"
            if path.is_file():
                return self._parse(name, path)
        raise PromptError(f"no prompt `{name}` in {' or '.join(str(f) for f in self._folders)}.")

    def _parse(self, name: str, path: Path) -> Prompt:
        raw = path.read_bytes()
        parts = raw.decode("utf-8", "replace").split("---\n", 2)
        if len(parts) != 3 or parts[0].strip():
            raise PromptError(f"{path}: must start with YAML front matter between two `---` lines.")
        try:
            front = yaml.safe_load(parts[1])
        except yaml.YAMLError as error:
            raise PromptError(f"{path}: front matter is not YAML: {error}") from error
        if not isinstance(front, dict) or not isinstance(front.get("inputs"), list):
            raise PromptError(f"{path}: front matter needs `purpose` and a list `inputs`.")
        body = parts[2].strip()
        try:
            used = meta.find_undeclared_variables(self._environment.parse(body))
            template = self._environment.from_string(body)
        except TemplateError as error:
            raise PromptError(f"{path}: {error}") from error
        declared = [str(item) for item in front["inputs"]]
        if used != set(declared):
            raise PromptError(f"{path}: declares inputs {sorted(declared)}, uses {sorted(used)}.")
        try:
            form = read_form(name, front["reply"]) if front.get("reply") is not None else None
        except ValueError as error:
            raise PromptError(f"{path}: {error}.") from error
        return Prompt(
            name=name,
            purpose=str(front.get("purpose", "")),
            inputs=tuple(declared),
            body=body,
            hash=hashlib.sha256(raw).hexdigest()[:16],
            template=template,
            form=form,
        )


def _as_json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
