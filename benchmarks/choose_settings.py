"""Which sampler, guidance, schedule and decoder an outside judge prefers: python benchmarks/choose_settings.py

Clips of tuning prompts and seeds, which neither the demo nor `make check-models` uses, are generated with the bundled model
under each setting from the same noise, and judged by musicnn: mean ROC-AUC of eleven families of the x0 estimate at some noise
levels (95 %, over prompts), the change from sigma 5 to the end, and the difference to the last level of the first, paired;
and of the noisy state at the last level, which a schedule that ends early leaves short of the clip.
"""

import argparse
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
import generated
import judges

import torch  # isort: skip

SEED = 70_001  # used nowhere else
LEVELS = (5.0, 0.73)  # sigma; and the last
ITERATIONS = "iterations"
FIRST = replace(generated.SETTINGS, sampler="dpmpp-2m", sigma_min=0.2)
CANDIDATES: dict[str, dict[str, Any]] = {
    "dpmpp-2m": {},
    "guidance to the end": {"guidance_sigma_min": 0.0},
    "guidance above sigma 1": {"guidance_sigma_min": 1.0},
    "Griffin-Lim 60 times": {ITERATIONS: 60},
    "50 steps": {"steps": 50},
    "ends at sigma 0.05": {"sigma_min": 0.05},
    "ends at sigma 0.5": {"sigma_min": 0.5},
    "ends at sigma 1": {"sigma_min": 1.0},
    "guidance 3": {"guidance": 3.0},
    "guidance 5": {"guidance": 5.0},
    "guidance 5 to the end": {"guidance": 5.0, "guidance_sigma_min": 0.0},
    "guidance from sigma 30 to 5": {"guidance_sigma_max": 30.0},
    "noise added (dpmpp-2m-sde)": {"sampler": "dpmpp-2m-sde"},
    "noise added, ends at sigma 0.5": {"sampler": "dpmpp-2m-sde", "sigma_min": 0.5},
    "noise added, ends at sigma 1": {"sampler": "dpmpp-2m-sde", "sigma_min": 1.0},
    "noise added, guidance 5": {"sampler": "dpmpp-2m-sde", "guidance": 5.0},
    "euler": {"sampler": "euler"},
}
"""What differs from ``FIRST``, the demo's settings but down to sigma 0.2, by name."""


def curves(changes: dict[str, Any], asked: generated.Asked) -> tuple[list[np.ndarray], np.ndarray]:
    """Mean ROC-AUC of the families (1 + RESAMPLES,) by musicnn: of the estimate at LEVELS and last, and of the last state."""
    settings = replace(FIRST, **{key: value for key, value in changes.items() if key != ITERATIONS})
    sampler = generated.sampler(settings, changes.get(ITERATIONS))
    steps = [generated.nearest_step(sampler, sigma) for sigma in LEVELS] + [settings.steps - 1]
    signals, kept = ["denoised", "noisy"], sorted(set(steps))
    found = generated.heard(sampler, asked.texts, asked.seeds, kept, signals, [judges.MUSICNN])
    judge = judges.of_demo_notes(judges.MUSICNN)

    def level(signal: str, step: int) -> np.ndarray:
        decisions = judge.decisions(found[judges.MUSICNN, signal, step])
        return judges.areas(decisions, asked.labels, asked.numbers, SEED).mean(0)

    return [level("denoised", step) for step in steps], level("noisy", steps[-1])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=16, help="of each family")
    parser.add_argument("--only", nargs="+", choices=list(CANDIDATES), default=list(CANDIDATES))
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    asked = generated.family_prompts(SEED, arguments.prompts, 1)
    heads = [f"sigma {sigma:g}" for sigma in LEVELS] + [
        "last",
        "last - sigma 5",
        "last - the first's last",
        "noisy, last",
    ]
    print(f"{len(asked.texts)} clips\n| | {' | '.join(heads)} |\n{'| --- ' * (1 + len(heads))}|", flush=True)
    first = None
    for name in dict.fromkeys(["dpmpp-2m", *arguments.only]):
        levels, noisy = curves(CANDIDATES[name], asked)
        first = levels[-1] if first is None else first
        cells = [judges.told(level) for level in levels]
        cells += [judges.told(levels[-1] - other, "+") for other in (levels[0], first)]
        cells.append(judges.told(noisy))
        print(f"| {name} | {' | '.join(cells)} |", flush=True)


if __name__ == "__main__":
    main()
