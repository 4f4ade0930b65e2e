"""How a dry-run grows with the number of prompts: jobs, seconds and peak memory of `snakemake -n` at the paper's settings.

    python benchmarks/scale.py
    python benchmarks/scale.py --prompts 100000 --prompts-per-shard 40

Each is a process of its own, on a run that has made nothing yet. Seconds are those of the processor, so that other work on the
machine does not count, and of the clock.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[1]


def main() -> None:
    """Print a line for each number of prompts as it is known."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, nargs="+", default=[1_000, 10_000, 100_000])
    parser.add_argument("--prompts-per-shard", type=int, help="as configured where not given")
    parser.add_argument("--configuration", type=Path, default=ROOT / "config/paper.yaml")
    arguments = parser.parse_args()

    print(f"{'prompts':>8} {'a shard':>8} {'jobs':>8} {'CPU s':>7} {'s':>7} {'peak MiB':>9}")
    for prompts in arguments.prompts:
        with tempfile.TemporaryDirectory() as folder:
            print(measure(arguments.configuration, prompts, arguments.prompts_per_shard, Path(folder)), flush=True)


def measure(configuration: Path, prompts: int, per_shard: int | None, folder: Path) -> str:
    """The line of one dry-run."""
    import yaml

    config = yaml.safe_load(configuration.read_text(encoding="utf-8"))
    config["run"] = "scale"
    config["prompts"]["count"] = prompts
    per_shard = config["audio"]["prompts_per_shard"] = per_shard or config["audio"]["prompts_per_shard"]
    (folder / "config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    command = [sys.executable, "-m", "snakemake", "-n", "--configfile", str(folder / "config.yaml")]
    with open(folder / "said", "w+", encoding="utf-8") as said:
        start = time.monotonic()
        environment = {**os.environ, "MUSICOLOGIST_TERMINAL": "full"}
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=said, stderr=subprocess.STDOUT)
        _, status, usage = os.wait4(process.pid, 0)
        seconds = time.monotonic() - start
        said.seek(0)
        text = said.read()
    total = re.search(r"^total +(\d+)$", text, re.MULTILINE)
    if status or total is None:
        sys.exit(text[-2000:])
    cpu, peak = usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024
    return f"{prompts:8d} {per_shard:8d} {int(total[1]):8d} {cpu:7.1f} {seconds:7.1f} {peak:9.0f}"


if __name__ == "__main__":
    main()
