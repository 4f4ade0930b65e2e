"""What was planned is what runs: a job that starts elsewhere reads what the start kept, whatever was edited meanwhile."""

import json
import os
import re
import shutil
import stat

import numpy as np
import soundfile

from tests.workflow.conftest import inputs

SUBMIT = """#!/bin/bash
# A cluster whose users edit while their job waits.
sed -i 's/^seed: 1$/seed: 2/; s/count: 330/count: 331/' edited.yaml
sed -i 's/positive: {families: \\[brass\\]}/positive: {families: [flute]}/' config/concepts.yaml
bash "$1" > job.out 2>&1
echo 1
"""
NOTES = "results/small/notes/nsynth-train.tar.gz"


def test_a_job_whose_configuration_was_edited_while_it_waited_runs_what_was_planned(checkout):
    (checkout / "submit.sh").write_text(SUBMIT)
    os.chmod(checkout / "submit.sh", stat.S_IRWXU)
    config = checkout.configuration("edited.yaml")
    concepts = (checkout / "config/concepts.yaml").read_text()
    checkout.run(NOTES)
    planned = (checkout / NOTES).read_bytes()
    kept = (checkout / "results/small/planned/config.json").read_text()
    (checkout / NOTES).unlink()
    cluster = ["--executor", "cluster-generic", "--cluster-generic-submit-cmd", "./submit.sh", "--jobs", "1"]
    done = checkout.snakemake(*cluster, NOTES, config=config)
    assert done.returncode == 0, done.stdout + done.stderr + (checkout / "job.out").read_text()
    assert "seed: 2" in (checkout / config).read_text()
    assert "families: [flute]" in (checkout / "config/concepts.yaml").read_text().partition("is_bass")[0]
    assert (checkout / NOTES).read_bytes() == planned
    assert (checkout / "results/small/planned/config.json").read_text() == kept
    assert (checkout / "results/small/planned/concepts.yaml").read_text() == concepts
    assert checkout.planned(NOTES, config=config)["render_notes"] == 1  # the edit is seen by the next plan


EDIT = """#!/bin/bash
# The same, of what is given: a list of prompts, and a list of clips.
echo 'A flute.' > prompts.txt
sed -i 's/A bass/A flute/' clips.csv
bash "$1" > job.out 2>&1 || exit 1
echo 1
"""


def test_a_job_that_reads_what_was_edited_meanwhile_is_refused_and_others_run_on(checkout):
    (checkout / "edit.sh").write_text(EDIT)
    os.chmod(checkout / "edit.sh", stat.S_IRWXU)
    cluster = ["--executor", "cluster-generic", "--cluster-generic-submit-cmd", "./edit.sh", "--jobs", "1"]

    def write():
        (checkout / "prompts.txt").write_text("".join(f"A bass of {number} notes.\n" for number in range(22)))
        (checkout / "clips.csv").write_text("file,prompt\na.wav,A bass\nb.wav,A bass\n")

    write()
    soundfile.write(checkout / "a.wav", np.sin(np.arange(16_000) / 9), 16_000)
    shutil.copyfile(checkout / "a.wav", checkout / "b.wav")
    own = checkout.configuration("own.yaml", inputs(prompts="prompts.txt"))
    notes = NOTES.replace("small", "own")
    done = checkout.snakemake(*cluster, notes, "--config", "run=own", config=own)
    assert done.returncode == 0, done.stdout + done.stderr + (checkout / "job.out").read_text()
    assert (checkout / "prompts.txt").read_text() == "A flute.\n"

    write()
    (checkout / "clips.yaml").write_text('{"run": "clips", "concepts": ["is_brass"], "inputs": {"clips": "clips.csv"}}')
    config, shard = "tests/workflow/small.yaml clips.yaml", "results/clips/audio/shard_0000.json"
    refused = checkout.snakemake(*cluster, shard, config=config)
    assert refused.returncode == 1 and "Traceback" not in refused.stdout + refused.stderr
    said = (checkout / "logs/clips/import_clips/shard_0000.log").read_text()
    assert re.fullmatch(
        r"clips\.csv was edited while this job waited: the run was planned with .*run again, .*untouched\.\n", said
    )
    assert not (checkout / shard).exists()
    checkout.run(shard, config=config)  # planned anew, with what stands there
    assert json.loads((checkout / shard).read_text())["clips"] == 2
