"""Run configs: what is wrong is named with its file and field."""

from pathlib import Path

import pytest

from synth.errors import BadConfig
from synth.settings import DATA, RunConfig, load_config, parse_config


@pytest.mark.parametrize("name", ["demo.toml", "demo-without-sandbox.toml"])
def test_shipped_configs_load(name: str) -> None:
    assert load_config(DATA / name).engine.kind == "offline"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[sample]\ncoutn = 3", "`sample.coutn` is not a known field"),
        ("[sample]\ntemperatures = [0.0]", "`sample.temperatures`: needs at least one temperature, none of them 0"),
        ("[sample]\ntemperatures = [1.0, inf]", "`sample`: an infinite temperature can be drawn with, but not kept"),
        ("[grow]\ndraw_temperature = inf", "`grow.draw_temperature`: any finite number other than 0"),
        ("[sample]\nwidths = []", "`sample.widths`: needs at least one width"),
        ("[sample]\ncount = -1", "`sample.count`"),
        ("[tasks]\nfiles_share = 1.5", "`tasks.files_share`"),
        ("[engine]\nkind = 'gpt'", "`engine.kind`"),
        ("[evolve]\nkeep = nan", "`evolve.keep`"),
        ("[sample.boosts]\nlogging = -1.0", "`sample.boosts`: factors are 0 or more"),
        ("seed = 'seven'", "`seed`"),
        ("name = ''", "`name`"),
        ("[grow]\nat = [['logging'], []]", "`grow.at`: a path names at least one feature"),
        ("[sample]\ntargets = [[]]", "`sample.targets`: a path names at least one feature"),
        ("[sample]\nname = ' '", "`sample.name`: the name of a shape has 1 to 80 characters"),
        ("[sample", "not valid TOML"),
    ],
)
def test_a_bad_config_names_the_file_and_the_field(text: str, said: str) -> None:
    with pytest.raises(BadConfig) as error:
        parse_config(text, "my.toml")
    assert str(error.value).startswith("my.toml: ")
    assert said in str(error.value)


def test_a_missing_or_unreadable_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(BadConfig, match="no such file"):
        load_config(tmp_path / "absent.toml")
    (tmp_path / "latin.toml").write_bytes(b"name = '\xe9'")
    with pytest.raises(BadConfig, match="cannot be read as text"):
        load_config(tmp_path / "latin.toml")
    with pytest.raises(BadConfig, match="cannot be read as text"):
        load_config(tmp_path)


def test_a_config_survives_the_round_trip_through_its_frozen_form() -> None:
    config = load_config(DATA / "demo.toml")
    assert RunConfig.model_validate_json(config.model_dump_json()) == config
