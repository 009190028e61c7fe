"""Named shapes and prices in the settings of a workspace."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from synth.errors import BadConfig, NotFound
from synth.settings import Price, SampleConfig
from synth.workspace.settings import WorkspaceSettings, read_settings, write_settings


def test_settings_from_before_there_were_shapes_are_read(tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_text('{"sample": {"count": 5, "widths": [3, 1]}}', encoding="utf-8")
    settings = read_settings(tmp_path)
    assert (settings.sample.widths, settings.shapes, settings.prices) == ((3, 1), {}, {})


def test_shapes_and_prices_are_kept_and_a_shape_carries_its_name(tmp_path: Path) -> None:
    cold = SampleConfig(widths=(2, 2), targets=(("logging", "levels"),))
    settings = WorkspaceSettings(shapes={" cold leaves ": cold}, prices={"gpt-x": Price(input=2, output=8)})
    write_settings(tmp_path, settings)
    read = read_settings(tmp_path)
    assert read == settings
    assert list(read.shapes) == ["cold leaves"]
    assert read.shape("cold leaves") == cold.model_copy(update={"name": "cold leaves"})


def test_a_shape_that_is_not_there_is_answered_with_those_that_are() -> None:
    settings = WorkspaceSettings(shapes={"wide": SampleConfig(), "cold": SampleConfig()})
    with pytest.raises(NotFound, match="no shape `wid` in this workspace; the shapes there are: `cold`, `wide`"):
        settings.shape("wid")
    with pytest.raises(NotFound, match="none yet"):
        WorkspaceSettings().shape("wide")


@pytest.mark.parametrize("name", ["", "  ", "x" * 81, "a\nb", "a\x00"])
def test_a_shape_needs_a_name_that_can_be_shown(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValidationError, match="1 to 80 characters"):
        WorkspaceSettings(shapes={name: SampleConfig()})
    if name:
        with pytest.raises(ValidationError, match="1 to 80 characters"):
            SampleConfig(name=name)
    (tmp_path / "settings.json").write_text('{"shapes": {"": {}}}', encoding="utf-8")
    with pytest.raises(BadConfig, match="1 to 80 characters"):
        read_settings(tmp_path)


def test_an_infinite_temperature_is_refused_before_it_makes_the_settings_unreadable() -> None:
    for made in ({"sample": {"temperatures": [float("inf")]}}, {"shapes": {"flat": {"temperatures": [float("-inf")]}}}):
        with pytest.raises(ValidationError, match="an infinite temperature can be drawn with, but not kept"):
            WorkspaceSettings.model_validate(made)


@pytest.mark.parametrize("price", [{"input": -1}, {"output": float("nan")}, {"input": float("inf")}])
def test_a_price_is_a_number_from_0(price: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate(price)
