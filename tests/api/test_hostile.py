"""Whatever a request says, the answer is JSON with a reason, and the tree, its history and the settings stay sound."""

import itertools
import json
import logging
import math
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.testclient import TestClient

from synth.api import Bench, routes
from synth.api.endpoint import Endpoint
from synth.api.endpoints import ENDPOINTS
from synth.settings import RunConfig
from synth.tree.columns import FeatureTree
from synth.tree.delta import apply
from synth.tree.integrity import faults
from synth.workspace import RunEstimate, Workspace, operations
from tests.api.conftest import ASSETS, OUTLINE

MANY = 40
"""Bodies by endpoint."""
JSON_HEADERS = {"content-type": "application/json"}
_ops = itertools.count()

NUMBERS = st.one_of(
    st.integers(-3, 30),
    st.sampled_from([2**31 - 1, 2**31, 2**53, 2**63, 2**64, 10**30, -(2**31), -(2**63), 10**400]),
)
FLOATS = st.one_of(
    st.sampled_from([0.0, -0.0, math.nan, math.inf, -math.inf, 1e308, -1e308, 5e-324, 1e-300, 0.1, 2.0, -2.0]),
    st.floats(-100, 100),
)
NAMES = (
    "security", "hashing", "salted hash", "data processing", "cleaning", "step 1", "", " ", "\x00", "a\x00b", "\ud800",
    "x" * 2_000, "x" * 2_001, "<img src=x onerror=alert(1)>", "../../etc/passwd", "a > b", "---", "a\nb", "\u202e",
    "programming language", "\r\nSet-Cookie: a=b", "(", "\\", "[[]", "%", "😀", "ı", "ſ", "reviewed", "tree",
)  # fmt: skip
TEXTS = st.one_of(st.sampled_from(NAMES), st.text(max_size=12))
DEEP: Any = json.loads("[" * 60 + "]" * 60)
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    NUMBERS,
    FLOATS,
    TEXTS,
    st.just(DEEP),
    st.lists(NUMBERS, max_size=4),
    st.dictionaries(TEXTS, FLOATS, max_size=3),
    st.sampled_from([[0] * 100_000, {"a": {"b": {"c": []}}}, [[[]]], {"kind": "no such kind"}]),
)


def like(annotation: object, name: str = "") -> st.SearchStrategy[Any]:
    """Values of a type as JSON says them, the odd ones of it included."""
    origin, inside = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return like(inside[0], name)
    if origin is Literal:
        return st.sampled_from(inside)
    if origin in (Union, types.UnionType):
        return st.one_of([like(one, name) for one in inside])
    if origin is tuple and inside[-1] is Ellipsis:
        return st.lists(like(inside[0], name), max_size=4)
    if origin is tuple:
        return st.tuples(*(like(one, name) for one in inside)).map(list)
    if origin is dict:
        return st.dictionaries(like(inside[0]), like(inside[1]), max_size=3)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return st.deferred(lambda: body_like(annotation))
    return {int: NUMBERS, float: FLOATS, str: TEXTS, bool: st.booleans(), type(None): st.none()}[annotation]


def body_like(model: type[BaseModel]) -> st.SearchStrategy[Any]:
    """Bodies that fit a model in part: mostly fields of the right type, some of another, some missing."""

    def field(name: str, annotation: object, required: bool) -> st.SearchStrategy[Any]:
        if name == "op":
            return st.builds(lambda: f"request-{next(_ops)}")
        if name == "anyway":
            return st.just(True)
        right = like(annotation, name)
        return st.one_of(right, right, right, right, right, ANYTHING) if required else st.one_of(right, right, ANYTHING)

    fields = {name: (found.annotation, found.is_required()) for name, found in model.model_fields.items()}
    always = {name: field(name, *told) for name, told in fields.items() if told[1] or name in ("kind", "anyway")}
    sometimes = {name: field(name, *told) for name, told in fields.items() if name not in always}
    return st.fixed_dictionaries(always, optional=sometimes)


class Workbench(Workspace):
    """A workspace whose runs are written down but not begun: a hundred workers would say nothing about answers."""

    def start_run(self, config: RunConfig, estimate: RunEstimate | None = None) -> str:
        return self.create_run(config, estimate)

    def resume(self, run_id: str) -> None:
        self.run(run_id)


def filled(folder: Path) -> Workspace:
    opened = Workbench(folder)
    opened.trees.edit([operations.AddMany(parent=0, outline=OUTLINE)])
    opened.trees.edit([operations.SetCount(node=node, observed=node) for node in opened.tree().nodes()])
    opened.trees.propose(
        operations.Actor(kind="engine", name="x"),
        "grown",
        operations=[operations.Add(parent=1, name="new"), operations.Delete(node=3)],
    )
    return opened


@pytest.fixture(scope="module")
def bench_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Workspace, TestClient]]:
    workspace = filled(tmp_path_factory.mktemp("hostile") / "workspace")
    app = Starlette(routes=routes(Bench(lambda: workspace), ASSETS))
    with TestClient(app, base_url="http://127.0.0.1:8501") as client:
        yield workspace, client
    workspace.close()


def sound(workspace: Workspace) -> None:
    """The tree keeps its rules and is what the history gives."""
    tree, history = workspace.tree(), workspace.trees.history
    assert list(faults(tree)) == []
    again = FeatureTree()
    for entry in history.entries():
        apply(again, history.delta(entry), trusted=True)
    assert [again.path(node) for node in again.nodes()] == [tree.path(node) for node in tree.nodes()]
    assert workspace.settings().sample.widths


def answered(client: TestClient, path: str, body: object) -> dict[str, Any] | None:
    text = json.dumps(body)
    answer = client.post(path, content=text, headers=JSON_HEADERS)
    told = f"{path} {text[:600]} -> {answer.status_code} {answer.text[:300]}"
    assert answer.status_code < 500, told
    if answer.headers["content-type"] != "application/json":
        assert "attachment" in answer.headers["content-disposition"], told
        return None
    found = answer.json()
    if answer.status_code >= 400:
        assert found["error"]["kind"], told
        assert 0 < len(found["error"]["message"]) < 4_000, told
        assert "Traceback" not in found["error"]["message"], told
    return found


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_no_body_breaks_an_endpoint_or_the_tree(
    endpoint: Endpoint[Any], bench_at: tuple[Workspace, TestClient], caplog: pytest.LogCaptureFixture
) -> None:
    workspace, client = bench_at
    caplog.set_level(logging.ERROR)

    @settings(max_examples=MANY, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(body_like(endpoint.body))
    def ask(body: object) -> None:
        answered(client, endpoint.path, body)

    ask()
    assert not caplog.records
    sound(workspace)
    if len(workspace.tree()) < 5:
        workspace.trees.edit([operations.AddMany(parent=0, outline=OUTLINE)])
