"""HTTP routes over the workspace for the workbench in the browser: JSON in, JSON out; knows no Streamlit."""

from pathlib import Path

from starlette.routing import BaseRoute, Route

from synth.api.bench import Bench
from synth.api.endpoints import ENDPOINTS
from synth.api.events import event_stream
from synth.api.guard import EVERY_METHOD, Guard, answering, refusing
from synth.api.serving import key_of, serving, static_files, version_of

__all__ = ["ASSETS_AT", "Bench", "key_of", "routes", "serving", "version_of"]

ASSETS_AT = "/workbench/assets"
"""Where the browser finds the workbench's modules and styles: below this and their version."""


def routes(bench: Bench, assets: Path) -> list[BaseRoute]:
    """What a server answers beside its pages: the workbench's files, questions, edits and live news."""
    guard = Guard()
    return [
        Route(f"{ASSETS_AT}/{{version}}/{{file}}", static_files(assets), methods=["GET"]),
        Route("/api/events", event_stream(guard, bench), methods=["GET"]),
        *(Route(endpoint.path, answering(guard, bench, endpoint), methods=["POST"]) for endpoint in ENDPOINTS),
        Route("/api/{rest:path}", refusing({endpoint.path for endpoint in ENDPOINTS}), methods=EVERY_METHOD),
    ]
