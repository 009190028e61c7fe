"""The HTML of the pages with the workbench: Streamlit's own, with the workbench's files named ahead."""

import re
from pathlib import Path

import streamlit as st
from starlette.applications import Starlette
from starlette.testclient import TestClient

from pages.parts.front import front_routes
from pages.parts.shell import ASSETS
from synth.api import ASSETS_AT, version_of


def test_the_page_is_streamlits_with_every_module_named_ahead() -> None:
    client = TestClient(Starlette(routes=front_routes(("/tree",), ASSETS)))
    answer = client.get("/tree?node=5")
    assert answer.headers["cache-control"] == "no-cache"
    assert '<div id="root">' in answer.text
    named = set(re.findall(rf'href="{ASSETS_AT}/{version_of(ASSETS)}/([\w.-]+)"', answer.text))
    assert named == {path.name for path in ASSETS.iterdir() if path.suffix in (".js", ".css")}
    assert "BACKEND_BASE_URL" in answer.text
    assert client.post("/tree").status_code == 405


def test_an_app_below_another_address_is_left_to_streamlit() -> None:
    assert front_routes(("/tree",), ASSETS, "below") == []


def test_the_servers_page_begins_as_streamlits_does() -> None:
    index = (Path(st.__file__).parent / "static" / "index.html").read_text(encoding="utf-8")
    client = TestClient(Starlette(routes=front_routes(("/tree",), ASSETS)))
    before, _, after = index.partition("</title>")
    text = client.get("/tree").text
    assert text.startswith(before)
    assert text.endswith(after)
