import json
from pathlib import Path

import pytest
import yaml
from musicologist.core.errors import UserError
from musicologist.workflow import overlays, planned, run

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text())


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ({"figures": {"dpi": "300"}}, {"figures": {"dpi": 300}}),
        ({"notes": {"count": "700", "soundfont": "77"}}, {"notes": {"count": 700, "soundfont": "77"}}),
        ({"trajectory": {"keep": ["0", "3"], "guidance": "2.5"}}, {"trajectory": {"keep": [0, 3], "guidance": 2.5}}),
        (
            {"trajectory": {"keep": {"levels": "4", "from_sigma": "50"}}},
            {"trajectory": {"keep": {"levels": 4, "from_sigma": 50}}},
        ),
        ({"controls": {"deformation": "false"}}, {"controls": {"deformation": False}}),
        ({"commitment": {"keep": "null", "sampler": "null"}}, {"commitment": {"keep": None, "sampler": None}}),
        ({"inputs": {"prompts": "null"}}, {"inputs": {"prompts": None}}),
        ({"inputs": {"prompts": "12"}}, {"inputs": {"prompts": "12"}}),
        ({"prompts": {"count": "all"}}, {"prompts": {"count": "all"}}),
        ({"prompts": {"count": "20"}}, {"prompts": {"count": 20}}),
        (
            {"probes": {"classifiers": {"svm": {"C": ["1", "10"]}}}},
            {"probes": {"classifiers": {"svm": {"C": [1, 10]}}}},
        ),
        (
            {"probes": {"classifiers": {"mine": {"file": "a.py", "depth": "3"}}}},
            {"probes": {"classifiers": {"mine": {"file": "a.py", "depth": 3}}}},
        ),
        ({"concepts": ["is_brass"], "run": "r"}, {"concepts": ["is_brass"], "run": "r"}),
        ({"figures": {"dpi": "many", "dots": "3"}}, {"figures": {"dpi": "many", "dots": "3"}}),
        ({"figures": "3", "seed": 4}, {"figures": "3", "seed": 4}),
    ],
)
def test_nested_keys_of_the_command_line_have_the_types_that_the_schema_asks_for(given, meant):
    assert overlays.typed(given, SCHEMA) == meant


def small(without=(), **changes):
    """The run of the small configuration with keys changed, and keys left out ("prompts.writer")."""
    config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
    for key, value in changes.items():
        config[key] = config.get(key, {}) | value if isinstance(value, dict) else value
    for name in without:
        section, _, key = name.partition(".")
        (config[section] if key else config).pop(key or section)
    return run.load(config, SCHEMA, "small.yaml")


@pytest.fixture
def prompts(tmp_path):
    (tmp_path / "prompts.txt").write_text("a flute\na warm organ\na bright bass\n")
    return str(tmp_path / "prompts.txt")


def test_all_given_prompts_are_taken_and_who_writes_need_not_be_said(prompts):
    made = small(without=["prompts"], inputs={"prompts": prompts})
    assert made.config["prompts"]["count"] == 3 and made.given_prompts == ["a flute", "a warm organ", "a bright bass"]
    assert small(inputs={"prompts": prompts}, prompts={"count": 2}).given_prompts == ["a flute", "a warm organ"]
    assert small(inputs={"prompts": prompts}, prompts={"count": "all"}).config["prompts"]["count"] == 3
    with pytest.raises(UserError, match=r"prompts\.count is 'all', but no prompts are given"):
        small(prompts={"count": "all"})
    with pytest.raises(UserError, match=r"the key prompts\.count is missing"):
        small(without=["prompts.count"])
    with pytest.raises(UserError, match=r"inputs\.prompts is missing\.txt, which does not exist"):
        small(without=["prompts"], inputs={"prompts": "missing.txt"})


def test_sections_without_which_nothing_is_missing_may_be_left_out(prompts, tmp_path):
    assert small(without=["statistics", "embedding", "figures"]).config["figures"]["metric"] == "roc_auc"
    (tmp_path / "given").mkdir()
    given = {"prompts": prompts, "embeddings": str(tmp_path / "given"), "note_embeddings": str(tmp_path / "given")}
    unneeded = ["prompts", "notes", "trajectory.sampler", "trajectory.guidance", "models.diffusion"]
    made = small(without=unneeded, inputs=given)
    assert not made.generates and not made.informed
    with pytest.raises(UserError, match=r"the key trajectory\.sampler is missing"):
        small(without=["trajectory.sampler"], inputs={"prompts": prompts})


BELL = """
aspects:
  bell: [bell, church bell, chime]
is_bell:
  group: struck
  notes: {match: all, positive: {families: [mallet], qualities: [bright]}}
  prompts: {positive: [bell], near: [mallet]}
"""


def test_concepts_of_several_files_stand_in_one_copy_for_jobs(tmp_path):
    (tmp_path / "mine.yaml").write_text(BELL)
    files = ["config/concepts.yaml", str(tmp_path / "mine.yaml")]
    changes = {"concepts_file": files, "concepts": ["is_brass", "is_bell"]}
    with pytest.raises(UserError, match="concepts_file names 2 files, and a module keeps no copy"):
        small(**changes)
    config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text()) | changes
    made = run.load(config, SCHEMA, "small.yaml", copied=True)
    assert made.concepts == ["is_brass", "is_bell"]
    assert made.concepts_file == Path("results/small/planned/concepts.yaml")
    copy = tmp_path / "concepts.yaml"
    copy.write_text(planned.texts(made.config)["concepts.yaml"])
    again = run.load(config | {"concepts_file": str(copy)}, SCHEMA, "small.yaml")
    assert again.defined_concepts == made.defined_concepts
    assert small().defined_concepts["is_brass"].digest == made.defined_concepts["is_brass"].digest
    assert planned.texts(small().config)["concepts.yaml"] == (ROOT / "config/concepts.yaml").read_text()
