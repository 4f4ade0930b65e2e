"""The paper's run, as far as it can be seen without a GPU."""

import re

from tests.workflow.conftest import ROOT, Checkout


def test_the_whole_experiment_is_planned_and_the_readme_says_how_many_jobs(tmp_path):
    plan = Checkout(tmp_path).planned(config="config/paper.yaml")
    assert plan["generate_audio"] == plan["embed_audio"] == 250
    assert plan["build_dataset"] == plan["measure_emergence"] == plan["plot_emergence"] == 28
    jobs = plan.total() + 1  # and the target rule itself
    assert re.search(r"paper\.yaml +# ([\d,]+) jobs", (ROOT / "README.md").read_text())[1] == f"{jobs:,}"


def test_the_whole_experiment_with_stable_audio_3_is_planned(tmp_path):
    checkout = Checkout(tmp_path)
    plan = checkout.planned(config="config/sa3.yaml")
    assert plan["preflight"] == plan["download_models"] == 1
    assert plan["generate_audio"] == plan["embed_audio"] == 250
    assert plan["build_dataset"] == plan["measure_emergence"] == plan["plot_emergence"] == 28
    printed = checkout.snakemake("-n", "-p", "--until", "branch_audio", config="config/sa3.yaml").stdout
    assert "--family musicologist.generators.diffusers_audio" in printed
    assert "--sigma-max 492 --sigma-min 0.135 --steps 100" in printed
