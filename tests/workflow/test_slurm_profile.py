"""The Slurm profile on the paper's run: what uses a GPU goes where one is, and checks that its modules are loaded."""

import re

import yaml


def test_rules_on_the_gpu_partition_are_those_that_use_a_gpu_and_check_their_modules(checkout):
    profile = yaml.safe_load((checkout / "profiles/slurm/config.yaml").read_text())
    options = ("--profile", "profiles/slurm", "--software-deployment-method", "env-modules")
    everything = yaml.safe_load((checkout / "config/paper.yaml").read_text())
    everything["controls"]["renoising"] = True
    everything["switching"] = {"enabled": True}
    everything["audio"]["keep"] = "latents"
    (checkout / "everything.yaml").write_text(yaml.safe_dump(everything))
    done = checkout.snakemake("-n", *options, config="everything.yaml")
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    commands = re.findall(r"^Shell command: (python .* 2> logs/paper/(\w+))", done.stdout, re.MULTILINE)
    # preflight, on the login node, reckons how much of a GPU's memory the run takes
    on_gpu = {rule for command, rule in commands if "--device cuda" in command} - {"preflight"}
    tried_first = {"check_generator", "check_embedder"}  # by `snakemake --profile slurm gpu_check`
    in_profile = {rule for rule, resources in profile["set-resources"].items() if "gres" in resources}
    assert on_gpu == in_profile - tried_first and in_profile > tried_first
    assert on_gpu > {"generate_audio", "embed_audio", "embed_notes"}
    for command, rule in commands:
        assert ("--modules cuda cudnn " in command) == (rule in on_gpu), command
