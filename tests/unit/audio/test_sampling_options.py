"""The settings of sampling are spelt once: the configuration's section, the options and the record agree with the class."""

import json
from dataclasses import MISSING, asdict, fields
from pathlib import Path

import pytest
from musicologist.audio import sampling_options
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.core.errors import UserError

SCHEMA = json.loads((Path(__file__).parents[3] / "config/schemas/config.schema.json").read_text(encoding="utf-8"))
TRAJECTORY = SCHEMA["properties"]["trajectory"]
SECTION = {name: about for name, about in TRAJECTORY["properties"].items() if name not in ("keep", "signals")}
SECTION |= {name: SCHEMA["properties"]["models"]["properties"][name] for name in ("precision", "decoder")}
FIELDS = {field.name: field for field in fields(SamplingSettings)}
VALUES = {"sampler": "dpmpp-2m", "steps": 7, "guidance": 2.5, "sigma_min": 0.25, "sigma_max": 90.0}
VALUES |= {"seconds_total": 3.5, "seconds_kept": 1.5, "precision": "bfloat16", "decoder": "compiled"}
VALUES |= {"guidance_rescale": 0.75, "guidance_sigma_min": 4.5, "guidance_sigma_max": 60.5}


def parse(values):
    shard = {"prompts": "p", "first": 0, "last": 1, "seed": 1, "model": "m", "digest": "d", "batch_size": 1}
    shard |= {"family": "f", "manifest": "m.json", "tars": "x.tar"}
    pairs = ((f"--{name.replace('_', '-')}", str(value)) for name, value in (shard | values).items())
    return sampling_options.parser("").parse_args([part for pair in pairs for part in pair])


def test_the_configuration_has_each_setting_with_its_type_and_default():
    assert FIELDS.keys() == SECTION.keys()
    kinds = {"integer": int, "number": float, "string": str, "null": None}
    for name, about in SECTION.items():
        types = [kinds[kind] for kind in ([about["type"]] if isinstance(about["type"], str) else about["type"])]
        assert FIELDS[name].type == (types[0] if len(types) == 1 else types[0] | types[1]), name
        assert FIELDS[name].default == about.get("default", MISSING), name
        assert (name in TRAJECTORY["required"]) == (FIELDS[name].default is MISSING), name
    for name in ("precision", "decoder"):
        assert list(FIELDS[name].metadata["choices"]) == SECTION[name]["enum"]


def test_the_configuration_names_the_samplers_that_there_are():
    from musicologist.audio.sampler import SAMPLERS

    assert sorted(SECTION["sampler"]["enum"]) == sorted(SAMPLERS)


def test_every_option_reaches_its_setting():
    assert VALUES.keys() == FIELDS.keys()
    assert asdict(sampling_options.settings(parse(VALUES))) == VALUES
    needed = {name: value for name, value in VALUES.items() if FIELDS[name].default is MISSING}
    defaults = {name: field.default for name, field in FIELDS.items() if field.default is not MISSING}
    assert asdict(sampling_options.settings(parse(needed))) == VALUES | defaults


@pytest.mark.parametrize("name", [name for name, field in FIELDS.items() if field.default is MISSING])
def test_a_setting_without_default_must_be_given(name, capsys):
    with pytest.raises(SystemExit):
        parse({other: value for other, value in VALUES.items() if other != name})
    assert f"--{name.replace('_', '-')}" in capsys.readouterr().err


def test_more_than_a_model_makes_is_one_sentence():
    sampling_options.check_length(0.8, 1.0, "models/x")
    with pytest.raises(UserError, match=r"seconds_kept is 1\.1, but the model in models/x makes 1\.0 s"):
        sampling_options.check_length(1.1, 1.0, "models/x")
