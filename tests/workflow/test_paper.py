"""The paper's run, as far as it can be seen without a GPU."""

import re

from tests.workflow.conftest import ROOT, Checkout


def test_the_whole_experiment_is_planned_and_the_readme_says_how_many_jobs(tmp_path):
    plan = Checkout(tmp_path).planned(config="config/paper.yaml")
    assert (plan["generate_audio"], plan["embed_audio"]) == (250, 50)
    assert plan["build_dataset"] == plan["measure_emergence"] == plan["plot_emergence"] == 28
    jobs = plan.total() + 1  # and the target rule itself
    assert re.search(r"paper\.yaml +# ([\d,]+) jobs", (ROOT / "README.md").read_text())[1] == f"{jobs:,}"


def test_the_whole_experiment_with_stable_audio_3_is_planned(tmp_path):
    done = Checkout(tmp_path).snakemake("-n", "-p", config="config/sa3.yaml")
    assert done.returncode == 0, done.stderr
    jobs = dict(re.findall(r"(?m)^(\w+) +(\d+)$", done.stdout))
    assert jobs["preflight"] == jobs["download_models"] == "1"
    assert (jobs["generate_audio"], jobs["embed_audio"]) == ("250", "50")
    assert jobs["build_dataset"] == jobs["measure_emergence"] == jobs["plot_emergence"] == "28"
    assert "--family musicologist.generators.diffusers_audio" in done.stdout
    assert "--sigma-max 492 --sigma-min 0.135 --steps 100" in done.stdout
