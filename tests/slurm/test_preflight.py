"""What is wrong with a profile is one sentence, before anything is queued."""

import pytest

MODULES = {"retries: 2": "retries: 0\nsoftware-deployment-method: [env-modules]"}


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("constraint: ampere", "constraint: hopper", "constraint=hopper"),
        ("slurm_account: lab", "slurm_account: attic", "slurm_account=attic"),
        ("slurm_partition: gpu", "slurm_partition: gpus", "slurm_partition=gpus"),
        ('gres: "gpu:1"', 'gres: "gpu:5"', "gres=gpu:5"),
    ],
)
def test_what_slurm_would_refuse_is_said_first(cluster, new_run, old, new, sentence):
    run = new_run(**{old: new})
    assert run.finish() == 1
    lines = [line for line in run.log.read_text().splitlines() if "Slurm refuses" in line]
    assert len(lines) == 1 and sentence in lines[0] and "the rule generate_audio" in lines[0]
    assert "Traceback" not in run.log.read_text()
    assert not cluster.jobs_of(run.path)


def test_a_module_that_does_not_exist_is_said_first(cluster, new_run, tmp_path, monkeypatch):
    monkeypatch.setenv("MODULEPATH", str(tmp_path))
    run = new_run(**MODULES)
    assert run.finish() == 1
    assert "loads the module cuda, which `module avail cuda` does not list" in run.log.read_text()
    assert not cluster.jobs_of(run.path)


def test_modules_are_loaded_in_the_job(new_run):
    run = new_run(shards=1, **MODULES)
    assert run.finish() == 0, run.report()
    said = "".join(file.read_text() for file in (run.path / "logs/generate_audio").iterdir())
    assert "cuda/12.4:cudnn/9.1" in said


@pytest.mark.parametrize(
    ("site", "changes", "gpus"),
    [
        ("typed_gres", {}, "gres:gpu:a100:1"),
        (
            "gpus_per_node",
            {'--gpus-per-node=h100:1"': '--gpus-per-node=a100:1"\n    slurm_partition: gpu'},
            "gpu:a100:1",
        ),
        ("no_arrays", {}, "gres:gpu:1"),
    ],
)
def test_other_kinds_of_sites(cluster, new_run, site, changes, gpus):
    run = new_run(shards=1, site=site, **changes)
    assert run.finish() == 0, run.report()
    jobs = cluster.jobs_of(run.path)
    assert len(jobs) == 1 and all(("_" in job) == (site != "no_arrays") for job in jobs)
    requested = cluster.call("scontrol", "show", "job", jobs[0])
    assert "Partition=gpu" in requested and gpus in requested
