"""An engine for tests that gives replies from a list and keeps what it was asked."""

from collections.abc import Sequence

from synth.models.base import Reply, Request


class ScriptedModel:
    """Answers the n-th question with the n-th reply; a text stands for a complete reply."""

    engine = "scripted"
    name = "scripted-1"

    def __init__(self, replies: Sequence[str | Reply]) -> None:
        self._replies = [Reply(text=reply, model=self.name) if isinstance(reply, str) else reply for reply in replies]
        self.requests: list[Request] = []

    async def complete(self, request: Request) -> Reply:
        """Give the next reply. Fails the test where more is asked than was scripted."""
        self.requests.append(request)
        asked = len(self.requests)
        assert asked <= len(self._replies), f"question {asked} ({request.prompt}) has no scripted reply"
        return self._replies[asked - 1]

    async def close(self) -> None:
        """Nothing is open."""
