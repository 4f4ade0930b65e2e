import dataclasses
import json
import re
import shutil
from pathlib import Path

import pytest
import yaml
from musicologist.core.errors import UserError
from musicologist.workflow import planned, run
from musicologist.workflow.provenance import Digest

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "config/schemas/config.schema.json").read_text())


def loaded(**changes):
    """The run of the workflow tests' configuration, with keys changed: ``audio={"keep": "listening"}``."""
    config = yaml.safe_load((ROOT / "tests/workflow/small.yaml").read_text())
    for key, value in changes.items():
        config[key] = config.get(key, {}) | value if isinstance(value, dict) else value
    return run.load(config, SCHEMA, "small.yaml")


@pytest.fixture
def given(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "prompts.txt").write_text("a flute\n" * 22)
    return {"inputs": {"prompts": str(tmp_path / "prompts.txt")}}, str(tmp_path / "folder")


def test_a_run_that_makes_everything():
    made = loaded()
    assert made.results == "results/small"
    assert made.concepts == ["is_brass", "is_warm"] and len(made.defined_concepts) >= 28
    assert made.steps == ["00", "03", "05"] and made.levels[:2] == [("denoised", 0), ("denoised", 3)]
    assert (made.shards, made.batches, made.note_shards) == (["0000", "0001"], ["0000"], ["0000", "0001"])
    assert made.generates and made.audible and not made.listening
    assert made.scored_signals == ["denoised", "noisy", "deformed"]
    assert made.embedded_corpora == ["audio", "deformed"]
    assert made.kept_prompts == 22 and made.unconditional == 4 and made.branched_prompts <= 22
    assert made.unheard == made.agreement == made.preflight_records == []
    assert all(len(paths) == 1 for paths in made.controlled.values())
    assert made.inputs["writer"] == "template"


def test_given_embeddings_leave_out_what_needs_audio_or_a_model(given):
    inputs, folder = given
    made = loaded(inputs=inputs["inputs"] | {"embeddings": folder})
    assert not made.audible and not made.generates and made.unconditional == 0
    assert made.scored_signals == ["denoised", "noisy"] and made.embedded_corpora == ["audio"]
    assert not any(made.controlled.values())
    assert made.models_note().startswith("Audio: given. Embedding: given")
    assert made.inputs["writer"] is None
    assert made.batches == ["0000", "0001"]  # given prompts are imported shard by shard


def test_what_the_lexicon_reads_badly_of_given_prompts_is_said(given):
    inputs, _ = given
    twice, badly = loaded(**inputs, concepts=["is_brass", "is_flute"]).doubts
    assert "only 1 are different" in twice
    assert "flute (used by 2: too few to say)" in badly and "the labels of is_flute: look" in badly
    assert loaded(**inputs).doubts[1] == loaded(concepts=["is_flute"]).doubts[1] == ""


def test_given_audio_is_heard_but_not_generated(given):
    inputs, folder = given
    made = loaded(inputs=inputs["inputs"] | {"audio": folder}, audio={"keep": "listening", "listening": 3})
    assert made.audible and not made.generates and not made.listening and made.kept_prompts == 22
    assert made.controlled["acoustics"] and not made.controlled["unconditional"]


def test_a_job_hears_some_twenty_prompts_and_of_clips_that_are_deleted_a_shard():
    for prompts, shards in ((1, 20), (4, 5), (11, 1), (20, 1), (40, 1)):
        made = loaded(audio={"prompts_per_shard": prompts})
        assert made.shards_heard == shards
        assert made.heard_in.startswith("embeddings/shards/" if shards == 1 else "embeddings/parts/")
    for keep in ("listening", "latents"):
        assert loaded(audio={"prompts_per_shard": 1, "keep": keep, "listening": 3}).shards_heard == 1


def test_clips_kept_for_listening():
    made = loaded(audio={"keep": "listening", "listening": 3})
    assert made.listening and made.kept_prompts == 3 and len(made.unheard) == 1
    assert loaded(audio={"keep": "listening", "listening": 300}).kept_prompts == 22


def test_unconditional_clips_are_no_more_than_the_first_batch_has_prompts():
    assert loaded(controls={"unconditional": 500}).unconditional == 22
    assert ("noisy", "00") in loaded(trajectory={"keep": [3], "signals": ["denoised"]}).unconditional_levels


def test_the_null_of_the_noisy_state_is_scored_where_a_model_makes_the_audio(given):
    inputs, folder = given
    assert loaded(controls={"renoising": True}).scored_signals == ["denoised", "noisy", "renoised", "deformed"]
    assert not loaded(inputs=inputs["inputs"] | {"audio": folder}, controls={"renoising": True}).renoised
    assert loaded().latents and not loaded(inputs=inputs["inputs"] | {"audio": folder}).latents


def test_what_prompts_tell_is_known_where_two_steps_are_guided():
    assert loaded().informed
    assert not loaded(trajectory={"guidance": 1}).informed
    assert not loaded(trajectory={"guidance_sigma_min": 40, "guidance_sigma_max": 90}).informed
    assert loaded(trajectory={"guidance_sigma_min": 5, "guidance_sigma_max": 90}).informed


def test_unguided_is_no_signal_of_clips_without_a_prompt():
    made = loaded(trajectory={"signals": ["denoised", "unguided"]})
    assert {signal for signal, _ in made.unconditional_levels} == {"denoised", "noisy"}
    assert ("unguided", 3) in made.levels
    assert made.contrasted == ["<results>/signals.csv"] and not loaded().contrasted


def test_shards_that_are_re_branched():
    assert loaded(commitment={"prompts": 11}).branched_shards == ["0000"]
    made = loaded(commitment={"prompts": 12, "branches": 2, "keep": [0, 3]})
    assert made.branched_shards == ["0000", "0001"]
    assert made.branching_cost.startswith("of 48 branches in all (12 prompts x 2 levels x 2)")
    assert "takes 132." in made.branching_cost


def test_pairs_of_prompts_stand_in_one_shard():
    made = loaded(switching={"rounds": 2, "keep": [0, 3]}, audio={"prompts_per_shard": 11})
    assert made.pairs == 6 and made.switched_shards == ["0000", "0001"]
    assert list(made.pairs_plan.prompts_of_shard(1)) == [10, 11]
    assert made.switched_levels == [("denoised", "05"), ("switched", "00"), ("switched", "03")]
    assert made.switching_cost.startswith(
        "of 24 switched clips in all (6 pairs x 2 directions x 2 levels), which take 180 "
    )
    assert loaded(audio={"prompts_per_shard": 1}).pairs_plan.prompts_per_shard == 2


def test_given_pairs_are_counted_and_their_concepts_must_be_the_runs(tmp_path):
    file = tmp_path / "pairs.csv"
    head = "pair,first,second,first_concept,second_concept\n"
    file.write_text(
        head + "a,A brass,A flute,is_brass,\nb,A warm brass,A brass,is_warm,\nc,A brass,Warm,is_brass,is_warm\n"
    )
    made = loaded(inputs={"prompt_pairs": str(file)})
    assert made.pairs == 3 and "prompt_pairs" not in made.inputs
    file.write_text(head + "a,A brass,A flute,is_brass,is_flut\nb,A warm brass,A brass,is_warm,\n")
    with pytest.raises(UserError, match=r"pair a: the run has no concept 'is_flut'"):
        loaded(inputs={"prompt_pairs": str(file)})
    file.write_text(head + "a,A brass,A flute,is_brass,\nb,A \0 brass,A brass,is_warm,\n")
    with pytest.raises(UserError, match=r"pairs\.csv: .* a zero byte stands in 'A \\x00 brass'"):
        loaded(inputs={"prompt_pairs": str(file)})
    with pytest.raises(UserError, match=r"inputs\.prompt_pairs is .*none\.csv, which does not exist"):
        loaded(inputs={"prompt_pairs": str(tmp_path / "none.csv")})


def test_models_that_are_not_bundled_are_checked_and_those_of_the_hub_fetched():
    made = loaded(models={"clap": "owner/clap@" + "a" * 40})
    assert made.preflight_records == ["results/small/preflight.json"]
    assert made.models_records == ["results/small/models/downloaded.json"]
    assert list(made.foreign_models) == ["clap"]
    assert made.records_of("clap") == made.models_records and made.records_of("diffusion", "text_encoder") == []


def test_the_first_jobs_wait_for_a_check_where_the_run_was_begun_with_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    shutil.copytree(ROOT / "resources/models/clap", tmp_path / "mine")
    mark = Path("results/small/planned/checked")
    foreign = {"models": {"clap": "mine"}}
    assert loaded().first_check == []
    made = loaded(**foreign)
    assert made.records_of("clap") == made.preflight_records == ["results/small/preflight.json"]
    assert made.first_check == [str(mark)]
    product = Path("results/small/prompts/batch_0000.jsonl")
    product.parent.mkdir(parents=True)
    product.touch()
    assert loaded(**foreign).first_check == []
    mark.parent.mkdir()
    mark.touch()
    assert loaded(**foreign).first_check == loaded().first_check == [str(mark)]


def test_sampling_is_the_configuration_but_for_what_is_changed():
    made = loaded()
    assert "--guidance 4 " in made.sampling() and "--guidance 0 " in made.sampling(guidance=0)
    assert "keep" not in made.sampling() and "signals" not in made.sampling()
    assert "digest" not in made.generator and "text-encoder" not in made.generator


def test_options_are_quoted_and_none_is_left_out():
    assert run.options({"text_encoder": "a b", "model": None, "steps": 3}) == "--text-encoder 'a b' --steps 3"


def test_a_digest_is_recorded_with_its_name():
    digest = Digest("code generate_audio", "1c16")
    assert repr(digest) == "code generate_audio: 1c16" and repr([digest]) == "[code generate_audio: 1c16]"
    assert isinstance(digest, tuple)  # what Snakemake records by its repr


def test_labels_of_the_original_are_said_below_pictures_and_read():
    made = loaded(labels="original")
    assert set(made.original_terms) == {"is_brass", "is_warm"}
    assert made.labelled_note() == made.models_note() + " Labels: the original study's rules."


def test_it_does_not_change():
    with pytest.raises(dataclasses.FrozenInstanceError):
        loaded().concepts = []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"concepts": ["is_bras"]}, "names the concept 'is_bras'"),
        ({"trajectory": {"keep": [9]}}, "keep steps from 0 to 5"),
        ({"trajectory": {"signals": ["unguided"]}}, "trajectory.signals keeps unguided alone"),
        (
            {"trajectory": {"guidance_sigma_max": 0.1}},
            "guidance_sigma_max 0.1 is not above trajectory.guidance_sigma_min 0",
        ),
        (
            {"concepts": ["is_techno"], "switching": {"enabled": True}},
            "none of the run's concepts is one instrument family",
        ),
        ({"switching": {"keep": [5]}}, "switching.keep, which leaves the last step out, names step 5"),
        ({"trajectory": {"guidence": 4}}, "small.yaml: unknown key trajectory.guidence"),
        ({"models": {"clap": "nowhere"}}, "nowhere is no directory"),
    ],
)
def test_what_is_wrong_is_refused(changes, sentence):
    with pytest.raises(UserError, match=re.escape(sentence)):
        loaded(**changes)


def test_what_lies_beside_the_snakefile_is_found_from_any_folder_and_ones_own_goes_first(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    made = loaded()
    assert made.concepts_file == ROOT / planned.CONCEPTS and made.models_note().startswith("Audio: small")
    assert made.foreign_models == {}
    (tmp_path / "config").mkdir()
    (tmp_path / planned.CONCEPTS).write_text((ROOT / planned.CONCEPTS).read_text().replace("is_warm:", "is_warmer:"))
    with pytest.raises(UserError, match="names the concept 'is_warm'"):
        loaded()


RULE = re.compile(r"(?m)^( *)(?:use )?rule (\w+).*:\n((?:\1 +.*\n|\n)*)")


def test_no_rule_is_long_and_what_all_share_is_short():
    files = [*(ROOT / "rules").glob("*.smk"), ROOT / "Snakefile"]
    lengths = {
        name: body.rstrip("\n").count("\n") + 2 for file in files for _, name, body in RULE.findall(file.read_text())
    }
    assert len(lengths) > 40
    assert {name: lines for name, lines in lengths.items() if lines > 45} == {}
    assert len((ROOT / "rules/common.smk").read_text().splitlines()) <= 120
