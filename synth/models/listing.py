"""What an endpoint says that it offers: its list of models, read from whatever shape the servers give it."""

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

_CONTEXT = ("max_model_len", "loaded_context_length", "context_length", "context_window", "max_context_length")
"""Where servers write how many tokens a model reads: vLLM and SGLang, LM Studio, OpenRouter, Groq, others."""
_MOST = 5000


@dataclass(frozen=True, slots=True)
class Offered:
    """A model in an endpoint's list."""

    name: str
    owner: str = ""
    """Who serves it, as the list says: local servers write their own kind here."""
    context: int | None = None
    """Tokens that fit into one question and its answer; None where the list does not say."""


def read_models(body: object) -> tuple[Offered, ...] | None:
    """The models of an answer to `/models`; None where it is no such list."""
    entries = body.get("data") if isinstance(body, Mapping) else None
    if not isinstance(entries, list):
        return None
    found = [_offered(entry) for entry in entries[:_MOST] if isinstance(entry, Mapping)]
    return tuple({one.name: one for one in found if one.name}.values())


def nearest(name: str, offered: Iterable[Offered], most: int = 3) -> list[str]:
    """Names of the list that the one asked for may have meant, the likeliest first."""
    names = [one.name for one in offered]
    lower = {one.lower(): one for one in reversed(names)}
    within = [one for one in names if name.strip() and name.lower() in one.lower()]
    alike = [lower[one] for one in difflib.get_close_matches(name.lower(), lower, most, 0.5)]
    return list(dict.fromkeys([*within, *alike]))[:most]


def _offered(entry: Mapping[str, object]) -> Offered:
    name, owner, meta = entry.get("id"), entry.get("owned_by"), entry.get("meta")
    sizes = [entry.get(field) for field in _CONTEXT]
    if isinstance(meta, Mapping):
        sizes += [meta.get("n_ctx"), meta.get("n_ctx_train")]
    context = next((size for size in sizes if isinstance(size, int) and not isinstance(size, bool) and size > 0), None)
    return Offered(_text(name), _text(owner), context)


def shown(text: str, most: int = 300) -> str:
    """What a server wrote, on one line of printable characters, cut at `most`."""
    line = " ".join("".join(one if one.isprintable() else " " for one in text[: 4 * most]).split())
    return line if len(line) <= most else line[: most - 4] + " ..."


def _text(value: object) -> str:
    return shown(value) if isinstance(value, str) else ""
