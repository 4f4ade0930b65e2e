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
    run = new_run(**MODULES)
    monkeypatch.setenv("MODULEPATH", str(tmp_path))
    assert run.finish() == 1
    assert "loads the module cuda, which `module avail cuda` does not list" in run.log.read_text()
    assert not cluster.jobs_of(run.path)


def test_modules_are_loaded_in_the_job(new_run):
    run = new_run(**MODULES)
    assert run.finish("--config", "shards=1") == 0, run.report()
    said = "".join(file.read_text() for file in (run.path / "logs/generate_audio").iterdir())
    assert "cuda/12.4:cudnn/9.1" in said
