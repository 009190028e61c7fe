"""The HTML of a page with the workbench: Streamlit's own, and what lets the workbench begin at once."""

from collections.abc import Sequence
from pathlib import Path

import streamlit as st
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from synth.api import ASSETS_AT, version_of

_INDEX = Path(st.__file__).parent / "static" / "index.html"


def front_routes(addresses: Sequence[str], assets: Path, base: str = "") -> list[Route]:
    """Routes for the addresses of pages with the workbench; none where the app lies at a `base` on its host."""
    if base or not _INDEX.is_file():
        return []

    async def show(request: Request) -> Response:
        html = _INDEX.read_text(encoding="utf-8").replace("</title>", f"</title>{_ahead(assets)}", 1)
        return HTMLResponse(html, headers={"Cache-Control": "no-cache"})

    return [Route(address, show, methods=["GET"]) for address in addresses]


def _ahead(assets: Path) -> str:
    """Where the server is, which Streamlit finds out by asking otherwise; and the modules, to be loaded beside it."""
    at = f"{ASSETS_AT}/{version_of(assets)}"
    modules = "".join(f'<link rel="modulepreload" href="{at}/{path.name}">' for path in sorted(assets.glob("*.js")))
    styles = "".join(
        f'<link rel="preload" as="style" href="{at}/{path.name}">' for path in sorted(assets.glob("*.css"))
    )
    return f"<script>window.__streamlit = {{ BACKEND_BASE_URL: `${{location.origin}}/` }};</script>{modules}{styles}"
