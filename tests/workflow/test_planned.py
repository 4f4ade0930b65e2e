"""What was planned is what runs: a job that starts elsewhere reads what the start kept, whatever was edited meanwhile."""

import os
import stat

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
