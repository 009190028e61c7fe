"""The batch interface of an OpenAI-style address: upload, begin, look, fetch. What fails for now is tried again later.

A method that returns None says "not now": connections break and servers restart in the hours that a batch takes.
"""

import openai
from openai.pagination import AsyncCursorPage
from openai.types import Batch, FileObject

from synth.errors import ModelError
from synth.models.batch import Failed, Gone, State
from synth.models.loopback_only import check_reachable, loopback_only
from synth.models.openai_errors import Endpoint, why_unusable

_ENDED = frozenset({"completed", "failed", "expired", "cancelled"})
_ROOM = ("token_limit_exceeded", "rate_limit", "too_many")
"""Parts of the codes by which a batch is refused because others are still being worked on."""
_ODD = (AttributeError, TypeError, ValueError)
"""What the client trips over where something else answers, a page of a proxy say: "not now"."""
_PAGES = 5
_TOKEN = "espalier"
_NO_KEY = "no-key"
"""The client wants some string; local servers look at none."""


class OpenAIBatches:
    """Talks to one endpoint about batches; see `batch.Office`. Use it inside one event loop and close it there."""

    def __init__(self, endpoint: Endpoint) -> None:
        """Raises `ModelError` where the address must not be spoken to."""
        check_reachable(endpoint.address)
        self.trouble = ""
        self._endpoint = endpoint
        self._client = openai.AsyncOpenAI(
            api_key=endpoint.key or _NO_KEY,
            base_url=endpoint.address,
            max_retries=2,
            http_client=openai.DefaultAioHttpClient(
                # A redirect would carry the key elsewhere.
                follow_redirects=False,
                trust_env=not (endpoint.local or loopback_only()),
            ),
        )

    async def upload(self, content: bytes, token: str) -> str | None:
        """Put a file of questions there. Returns its id. Raises `ModelError` where no batch can be had at all."""
        try:
            file = await self._client.files.create(file=(f"espalier-{token}.jsonl", content), purpose="batch")
        except openai.APIError as error:
            self._ends_it(error)
            return None
        except _ODD:
            return None
        return file.id if isinstance(file, FileObject) else None

    async def begin(self, file: str, token: str) -> str | None:
        """Begin a batch that carries `token`. Returns its id."""
        try:
            # Tried once: whether it was begun after all is found out by its token, not by beginning another.
            batch = await self._client.with_options(max_retries=0).batches.create(
                input_file_id=file, endpoint="/v1/chat/completions", completion_window="24h", metadata={_TOKEN: token}
            )
        except openai.APIError as error:
            self._ends_it(error)
            return None
        except _ODD:
            return None
        return batch.id if isinstance(batch, Batch) else None

    async def find(self, token: str) -> str | None:
        """The id of the batch that carries `token`, among the latest ones; empty where there is none."""
        try:
            page = await self._client.batches.list(limit=100)
            for _ in range(_PAGES):
                if not isinstance(page, AsyncCursorPage) or not isinstance(page.data, list):
                    return None
                for batch in page.data:
                    if (batch.metadata or {}).get(_TOKEN) == token:
                        return batch.id
                if not page.has_next_page():
                    break
                page = await page.get_next_page()
        except openai.APIError as error:
            self._ends_it(error)
            return None
        except _ODD:
            return None
        return ""

    async def look(self, batch: str) -> State | None:
        """Where a batch stands."""
        try:
            found = await self._client.batches.retrieve(batch)
        except openai.NotFoundError as error:
            raise Gone from error
        except openai.APIError as error:
            self._ends_it(error)
            return None
        except _ODD:
            return None
        if not isinstance(found, Batch):
            return None
        if found.status not in _ENDED:
            return State(ended=False)
        files = tuple(file for file in (found.output_file_id, found.error_file_id) if file)
        failed = self._why(found) if found.status == "failed" and not files else None
        return State(ended=True, files=files, failed=failed)

    async def fetch(self, file: str) -> bytes | None:
        """The content of a file."""
        try:
            content = (await self._client.files.content(file)).content
        except openai.NotFoundError as error:
            raise Gone from error
        except openai.APIError as error:
            self._ends_it(error)
            return None
        key = self._endpoint.key
        return content.replace(key.encode(), b"[key]") if key else content

    async def close(self) -> None:
        """Release connections."""
        await self._client.close()

    def _ends_it(self, error: openai.APIError) -> None:
        """Raise `ModelError` where it will never go better."""
        if not isinstance(error, openai.APIStatusError):
            self.trouble = "it cannot be reached"
            return
        self.trouble = f"it answers {error.status_code}"
        if reason := why_unusable(error, self._endpoint):
            raise ModelError(f"{reason} (Asked for a batch; without --batch the run may go.)") from None
        if 400 <= error.status_code < 500 and error.status_code not in (408, 409, 429):
            raise ModelError(
                f"{self._endpoint.address} takes no batches (it answered {error.status_code}). Run without --batch."
            ) from None

    def _why(self, batch: Batch) -> Failed:
        problems = (batch.errors.data if batch.errors else None) or []
        codes = " ".join(str(one.code) for one in problems)
        said = "; ".join(str(one.message) for one in problems[:3]) or "it did not say why"
        words = self._endpoint.without_key(" ".join(said.split()))[:300]
        error = ModelError(f"{self._endpoint.address} refused a batch: {words}. Mend that, then resume the run.")
        return Failed(error, for_now=any(part in codes for part in _ROOM))
