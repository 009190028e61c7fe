"""Questions for the tests of the wrappers, and a model over real HTTP to put them to."""

from synth.models.base import Request
from synth.models.openai_compatible import OpenAICompatible
from synth.settings import Engine
from tests.loopback import Loopback


def question(text: str = "What is a feature?", **other: object) -> Request:
    """A question that differs from the others in what is given."""
    usual: dict[str, object] = {"temperature": 0.7, "step": "task", "item": "task-1"}
    return Request(prompt="make_task", prompt_hash="hash", inputs={}, text=text, **(usual | other))  # type: ignore[arg-type]


def model_at(server: Loopback, **other: object) -> OpenAICompatible:
    """A model behind the server."""
    values = {"kind": "openai", "model": "tiny", "base_url": server.base_url, "deadline_seconds": 10.0, **other}
    return OpenAICompatible(Engine.model_validate(values), None)
