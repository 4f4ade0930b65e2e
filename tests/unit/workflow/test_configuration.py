import json
from pathlib import Path

import pytest
import yaml
from musicologist.core.errors import UserError
from musicologist.workflow import configuration, planned

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text())


NOTHING_GIVEN = {"audio": None, "embeddings": None}


@pytest.fixture(params=["config.yaml", "quick.yaml", "paper.yaml", "fast.yaml", "dense.yaml"])
def config(request):
    return yaml.safe_load((ROOT / "config" / request.param).read_text())


def keys(schema, prefix=""):
    for key, part in schema["properties"].items():
        yield f"{prefix}{key}", part
        if part.get("type") == "object":
            yield from keys(part, f"{prefix}{key}.")


def test_shipped_configurations_are_valid(config):
    configuration.check(config, SCHEMA, "config")
    configuration.check_trajectory(configuration.with_defaults(config, SCHEMA)["trajectory"], "config", NOTHING_GIVEN)


def test_every_key_is_described_and_every_object_refuses_unknown_keys():
    for name, part in keys(SCHEMA):
        assert part["description"], name
        if part.get("type") == "object":
            # classifiers may have any name: the registry refuses those that it does not know
            assert part["additionalProperties"] is False or name == "probes.classifiers", name


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (lambda c: c["trajectory"].update(guidence=3), "unknown key trajectory.guidence; did you mean 'guidance'?"),
        (lambda c: c.pop("seed"), "the key seed is missing (Seed from which"),
        (
            lambda c: c["trajectory"].update(sampler="dpmpp-2"),
            "trajectory.sampler is 'dpmpp-2'; did you mean 'dpmpp-2m'?",
        ),
        (lambda c: c["audio"].update(samples=0), "audio.samples: 0 is less than the minimum of 1"),
        (lambda c: c.update(concepts=3), "concepts is 3; expected Concepts of"),
        (lambda c: c.update(run="../other"), "run is '../other': expected a name of letters"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_key(config, change, sentence):
    change(config)
    with pytest.raises(UserError) as caught:
        configuration.check(config, SCHEMA, "my.yaml")
    assert str(caught.value).startswith("my.yaml: ")
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def without_others(filled, config):
    """What ``filled`` has under the keys of ``config``."""
    return {
        key: without_others(filled[key], part) if isinstance(part, dict) else filled[key]
        for key, part in config.items()
    }


def test_defaults_fill_what_is_absent_and_change_nothing_else(config):
    del config["figures"]["dpi"]
    filled = configuration.with_defaults(config, SCHEMA)
    assert filled["figures"]["dpi"] == SCHEMA["properties"]["figures"]["properties"]["dpi"]["default"]
    assert filled["inputs"]["audio"] is None
    assert "dpi" not in config["figures"]
    assert without_others(filled, config) == config


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"keep": [0, 50], "steps": 50}, "keep steps from 0 to 49"),
        ({"sigma_min": 200}, "is not below trajectory.sigma_max"),
        (
            {"guidance_sigma_min": 1000},
            r"guidance_sigma_min 1000 is not below trajectory\.sigma_max .*: no step would be",
        ),
    ],
)
def test_steps_and_sigmas_must_make_sense(config, change, sentence):
    trajectory = configuration.with_defaults(config, SCHEMA)["trajectory"]
    with pytest.raises(UserError, match=sentence):
        configuration.check_trajectory(trajectory | change, "my.yaml", NOTHING_GIVEN)


def test_the_last_step_is_always_kept_and_must_be_nearly_clean(config):
    trajectory = configuration.with_defaults(config, SCHEMA)["trajectory"] | {"sigma_min": 0.4}
    last, given = trajectory["steps"] - 1, NOTHING_GIVEN | {"audio": "given/audio"}
    for keep in ([0, 3], {"levels": 3, "from_sigma": 100, "to_sigma": 1}, [last]):
        assert configuration.check_trajectory(trajectory | {"keep": keep}, "my.yaml", NOTHING_GIVEN)[-1] == last
    with pytest.raises(UserError, match=r"last kept level is at sigma 0.6, .* lower trajectory.sigma_min"):
        configuration.check_trajectory(trajectory | {"sigma_min": 0.6}, "my.yaml", NOTHING_GIVEN)
    limit = trajectory | {"sigma_min": configuration.FINISHED_SIGMA}
    assert configuration.check_trajectory(limit, "my.yaml", NOTHING_GIVEN)[-1] == last
    assert configuration.check_trajectory(trajectory | {"keep": [0, last]}, "my.yaml", given) == [0, last]
    with pytest.raises(UserError, match=r"give the levels after it too, and name them in trajectory\.keep"):
        configuration.check_trajectory(trajectory | {"keep": [0, 3]}, "my.yaml", given)


def test_other_inputs_under_the_same_run_name_are_refused(tmp_path):
    record = tmp_path / "inputs.json"
    planned.check_recorded(record, {"writer": "given"}, "demo")
    record.write_text('{"writer": "template"}')
    planned.check_recorded(record, {"writer": "given"}, "demo")  # nothing is made yet: it binds nobody
    (tmp_path / "prompts").mkdir()
    (tmp_path / "prompts/batch_0000.jsonl").write_text("{}")
    planned.check_recorded(record, {"writer": "template"}, "demo")
    with pytest.raises(UserError, match="give the key `run` another name"):
        planned.check_recorded(record, {"writer": "given"}, "demo")
    for damaged in ("", '{"a"', "[]", "null", "[" * 5000):
        record.write_text(damaged)
        with pytest.raises(UserError, match=r"inputs\.json, which records .* is damaged .*: restore it from a copy"):
            planned.check_recorded(record, {"writer": "given"}, "demo")


def test_the_key_of_old_is_known(config):
    config["notes"]["split"] = "train"
    with pytest.raises(UserError, match=r"unknown key notes\.split; did you mean 'splits'"):
        configuration.check(config, SCHEMA, "my.yaml")


def test_arrays_of_the_released_slurm_executor_are_refused():
    with pytest.raises(UserError, match=r"slurm-array-jobs: generate_audio.*use `executor: safe-slurm`"):
        configuration.check_arrays("slurm", "generate_audio")
    configuration.check_arrays("slurm", None)
    configuration.check_arrays("safe-slurm", "generate_audio")
    configuration.check_arrays("local", None)
