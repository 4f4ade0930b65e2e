"""Ready blocks for the Slurm profile: each is put in by one line, and is about all rules that use a GPU."""

import importlib.util
from pathlib import Path

import pytest
import yaml

SLURM = Path(__file__).parents[3] / "profiles/slurm"
_spec = importlib.util.spec_from_file_location("choose", SLURM / "sites/choose.py")
choose = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(choose)
PROFILE = (SLURM / "config.yaml").read_text()
SITES = sorted(file.stem for file in (SLURM / "sites").glob("*.yaml"))
GPU_KEYS = {"constraint", "gres", "slurm_extra", "gpu", "slurm_partition"}


def test_the_profile_is_the_ampere_site():
    assert choose.with_site(PROFILE, "ampere") == PROFILE


@pytest.mark.parametrize("site", SITES)
def test_a_site_names_the_gpus_of_every_rule_that_uses_one(site):
    ampere, profile = yaml.safe_load(PROFILE), yaml.safe_load(choose.with_site(PROFILE, site))
    on_gpu = {rule for rule, resources in ampere["set-resources"].items() if "gres" in resources}
    for rule, resources in profile["set-resources"].items():
        assert (rule in on_gpu) == bool(GPU_KEYS & resources.keys() - {"slurm_partition"})
        assert set(resources) - GPU_KEYS == set(ampere["set-resources"][rule]) - GPU_KEYS
    assert profile["set-resources"]["check_generator"]["runtime"] == 10
    assert profile.get("safe-slurm-array-jobs") in (ampere["safe-slurm-array-jobs"], None)
    assert profile.keys() - ampere.keys() <= {"config", "apptainer-args"}
    assert choose.with_site(choose.with_site(PROFILE, site), "ampere") == PROFILE, "back again"


def test_an_unknown_site_and_a_profile_without_its_marks(monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["choose.py", "mars"])
    with pytest.raises(SystemExit, match="NAME one of ampere, apptainer, gpus_per_node"):
        choose.main()
    with pytest.raises(SystemExit, match="has not both of the lines"):
        choose.with_site("executor: slurm\n", "ampere")
