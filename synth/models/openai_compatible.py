"""The engine behind any OpenAI-style address: OpenAI, vLLM, Ollama, llama.cpp, LM Studio by base URL.

One question is one chat completion. The client waits and retries on 429 and 5xx; the deadline here covers all of that.
"""

import asyncio
import time
from urllib.parse import urlsplit

import openai
from openai.types.chat import ChatCompletionMessageParam
from pydantic import BaseModel, ValidationError

from synth.errors import ModelError
from synth.models.base import Finish, Reply, Request
from synth.models.openai_errors import Endpoint, why_unreachable, why_unusable
from synth.settings import Engine

_NO_KEY = "no-key"
"""The client wants some string; local servers look at none."""
_CONNECT_SECONDS = 10.0
_FINISH: dict[str, Finish] = {"length": "length", "content_filter": "refusal"}


class OpenAICompatible:
    """One model at one address. Use it inside one event loop and close it there."""

    engine = "openai"

    def __init__(
        self,
        engine: Engine,
        key: str | None,
        *,
        max_retries: int = 3,
        http_client: openai.DefaultAioHttpClient | None = None,
    ) -> None:
        """`key` is None for servers that need none.

        Raises `ModelError` where the address or the key cannot be put into a request at all.
        """
        self.name = engine.model
        self._endpoint = Endpoint.of(engine, key)
        self._deadline = engine.deadline_seconds
        self._gate = asyncio.Semaphore(engine.concurrency)
        host = urlsplit(engine.base_url).hostname
        # OpenAI's own models refuse the old name of the limit; most local servers know only the old one.
        self._limit_name = "max_completion_tokens" if host == "api.openai.com" else "max_tokens"
        self._client = openai.AsyncOpenAI(
            api_key=self._endpoint.key or _NO_KEY,
            base_url=engine.base_url,
            max_retries=max_retries,
            timeout=openai.Timeout(self._deadline, connect=min(_CONNECT_SECONDS, self._deadline)),
            http_client=http_client or openai.DefaultAioHttpClient(trust_env=not self._endpoint.local),
        )

    async def complete(self, request: Request) -> Reply:
        """Put one question. See `Model.complete`; a question that only failed by itself gets an empty reply."""
        async with self._gate:
            started = time.monotonic()
            try:
                async with asyncio.timeout(self._deadline):
                    body = await self._post(request)
            except TimeoutError:
                return self._without_reply("no answer within the deadline", started)
            except openai.APIStatusError as error:
                if _is_content_filter(error):
                    return Reply("", self.name, "refusal", seconds=time.monotonic() - started)
                # `from None`: the cause carries the request, and the request carries the key.
                if reason := why_unusable(error, self._endpoint):
                    raise ModelError(reason) from None
                return self._without_reply(f"the endpoint answered {error.status_code}", started)
            except openai.APIConnectionError as error:
                if reason := why_unreachable(error, self._endpoint):
                    raise ModelError(reason) from None
                return self._without_reply("the connection broke", started)
            return self._read(body, started)

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    async def _post(self, request: Request) -> str:
        response = await self._client.chat.completions.with_raw_response.create(
            model=self.name,
            messages=_messages(request),
            temperature=request.temperature,
            top_p=request.top_p,
            extra_body={self._limit_name: request.max_tokens},
        )
        return response.text

    def _read(self, body: str, started: float) -> Reply:
        try:
            completion = _Completion.model_validate_json(body)
        except ValidationError:
            return self._without_reply("the answer is not a chat completion", started, self._endpoint.without_key(body))
        choice = completion.choices[0] if completion.choices else _Choice(message=_Message())
        text = _without_thinking(choice.message.content or "")
        finish = _FINISH.get(choice.finish_reason or "", "stop")
        if choice.message.refusal:
            text, finish = choice.message.refusal, "refusal"
        elif finish == "stop" and not text.strip():
            finish = "empty"
        usage = completion.usage or _Usage()
        return Reply(
            text=text,
            model=completion.model or self.name,
            finish=finish,
            prompt_tokens=usage.prompt_tokens,
            completion_tokens=usage.completion_tokens,
            seconds=time.monotonic() - started,
        )

    def _without_reply(self, why: str, started: float, raw: str = "") -> Reply:
        return Reply(raw, self.name, "failed", seconds=time.monotonic() - started, note=why)


class _Message(BaseModel):
    content: str | None = None
    refusal: str | None = None


class _Choice(BaseModel):
    message: _Message
    finish_reason: str | None = None


class _Usage(BaseModel):
    prompt_tokens: int | None = None
    completion_tokens: int | None = None


class _Completion(BaseModel):
    """What we read of a chat completion; the rest of the body is the server's own business."""

    model: str | None = None
    choices: list[_Choice]
    usage: _Usage | None = None


def _messages(request: Request) -> list[ChatCompletionMessageParam]:
    messages: list[ChatCompletionMessageParam] = [{"role": "user", "content": request.text}]
    for turn in request.previous:
        complaint = f"Your reply could not be used: {turn.complaint}\n\nAnswer again, whole, in the form asked for."
        messages.append({"role": "assistant", "content": turn.reply})
        messages.append({"role": "user", "content": complaint})
    return messages


def _without_thinking(text: str) -> str:
    """Cut the reasoning that some servers leave in front of the answer; its opening tag may be missing."""
    head, end, answer = text.partition("</think>")
    thought = end and (head.lstrip().startswith("<think>") or "<think>" not in head)
    return answer.lstrip() if thought else text


def _is_content_filter(error: openai.APIStatusError) -> bool:
    return error.status_code == 400 and error.code == "content_filter"
