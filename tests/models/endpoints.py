"""Whole endpoints for tests: a list of models, a chat, and whatever else a server answers by path."""

from aiohttp import web

from tests.loopback import Answer, Received, body, error, ok

LISTED = {"object": "list", "data": [{"id": "tiny", "object": "model", "owned_by": "someone"}]}
READY = '{"ready": true, "colour": "green"}'


def by_path(**answers: Answer) -> Answer:
    """Answers by the path, its slashes as `__`; 404 for the others."""

    async def answer(received: Received, request: web.Request) -> web.StreamResponse:
        chosen = answers.get(received.path.strip("/").replace("/", "__"), error(404, "not found"))
        return await chosen(received, request)

    return answer


def endpoint(models: Answer | None = None, chat: Answer | None = None, form: Answer | None = None) -> Answer:
    """An OpenAI-compatible endpoint; `form` answers what is asked for under a schema."""
    plain, under_schema = chat or ok("ready"), form or ok(READY)

    async def completions(received: Received, request: web.Request) -> web.StreamResponse:
        return await (under_schema if "response_format" in received.body else plain)(received, request)

    return by_path(v1__models=models or body(LISTED), v1__chat__completions=completions)
