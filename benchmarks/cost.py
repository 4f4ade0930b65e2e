"""What a run costs before it is started: GPU-hours, CPU-hours, disk and files, each with how it was computed.

    python benchmarks/cost.py                                          the paper's run
    python benchmarks/cost.py --configuration config/dense.yaml
    python benchmarks/cost.py --configuration config/fast.yaml         the same question in half precision
    python benchmarks/cost.py --tflops 67 --bandwidth 3.3              an H100 in float32

An estimate from counted work and assumed speeds, which are options and printed: nothing of it was measured on a GPU. Speeds are
those of models.precision, as far as transformer, decoder and embedder have it. Jobs and files are counted in the workflow's own
plan.
"""

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "scripts"))
from musicologist.concepts import definitions
from musicologist.core import noise_levels
from musicologist.models import devices
from musicologist.workflow import configuration, interventions
from musicologist.workflow.keeping import Keeping

SPLITS = {"train": (289_205, 22), "valid": (12_678, 1), "test": (4_096, 0.4)}
"""NSynth's notes and the GB of each archive (Engel et al. 2017)."""
SPEEDS = {
    "tflops": ({"float32": 19.5, "tf32": 156, "half": 312}, "TFLOP/s at best: NVIDIA A100 in this precision"),
    "share": ({"float32": 0.7, "tf32": 0.5, "half": 0.5}, "of which the diffusion transformer reaches"),
    "decoder-share": (
        {"float32": 0.5, "tf32": 0.4, "half": 0.4},
        "of which the decoder reaches, while memory is there",
    ),
    "clap-share": ({"float32": 0.25, "tf32": 0.15, "half": 0.15}, "of which CLAP reaches"),
    "bandwidth": (1.6, "TB/s of the GPU's memory"),
    "moved": ({"float32": 4.7, "tf32": 4.7, "half": 2.35}, "GB moved to decode one second of audio, as counted"),
    "evaluation": (2.32, "TFLOP of one evaluation of Stable Audio Open's transformer: 1.06 G parameters, 1,025 tokens"),
    "decoding": (0.108, "TFLOP to decode one second of audio, as counted over the layers of its decoder"),
    "clap": (0.031, "TFLOP of one CLAP embedding: HTSAT-base, 15.3 GMAC"),
    "noise": (0.0005, "core-seconds a clip and step, for which the GPU waits: the noise of a stochastic sampler"),
    "prepare": (0.016, "core-seconds to read and resample 10 s for the embedder, for which the GPU waits"),
    "threads": (4, "that do so: of a GPU's jobs"),
    "load": (30, "seconds in which a GPU job starts and loads its model"),
    "acoustics": (0.008, "core-seconds to measure one second of 44.1 kHz stereo: the demo's, scaled to that rate"),
    "note": (0.005, "core-seconds to pack and measure a note: the demo's"),
    "fit": (1.5, "core-minutes to fit one probe with its grid on 24,000 notes"),
    "score": (0.00005, "core-seconds to score one clip at one level: benchmarks/side_by_side.py"),
    "statistics": (0.5, "core-minutes a concept for all statistics and figures: benchmarks/time_statistics.py"),
    "flac": (0.6, "of the 16-bit samples is what music takes as FLAC"),
}


def main() -> None:
    """Print the tables as Markdown."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--configuration", type=Path, default=ROOT / "config/paper.yaml")
    for name, (value, meaning) in SPEEDS.items():
        default = ", ".join(f"{key} {one:g}" for key, one in value.items()) if isinstance(value, dict) else f"{value:g}"
        parser.add_argument(f"--{name}", type=float, help=f"{meaning}; {default}")
    arguments = parser.parse_args()
    config = configured(arguments.configuration)
    fill_in(arguments, config["models"]["precision"])

    rows, disk = estimate(config, arguments)
    jobs, files = planned(arguments.configuration)
    print("| step | GPU-h | CPU-h | how |\n| --- | --: | --: | --- |")
    for name, gpu, cpu, how in rows:
        print(f"| {name} | {gpu / 3600:.1f} | {cpu / 3600:.1f} | {how} |")
    print(
        f"| **all** | **{sum(row[1] for row in rows) / 3600:.0f}** | **{sum(row[2] for row in rows) / 3600:.0f}** | |"
    )
    print("\n| on disk | GB | how |\n| --- | --: | --- |")
    for name, size, how in disk:
        print(f"| {name} | {size / 1e9:.1f} | {how} |")
    print(f"| **all** | **{sum(row[1] for row in disk) / 1e9:.0f}** | |")
    print(f"\n{jobs:,} jobs and {files:,} files: the workflow's plan, with a log and a benchmark for each job.\n")
    print(f"Assumed of models.precision: {config['models']['precision']}, each an option of the program:\n")
    for name, (_, meaning) in SPEEDS.items():
        print(f"* `--{name} {getattr(arguments, name.replace('-', '_')):g}`: {meaning}")


def fill_in(arguments: argparse.Namespace, precision: str) -> None:
    """Put the speeds of a precision where none were given."""
    kind = "half" if precision in devices.HALF else precision
    for name, (value, _) in SPEEDS.items():
        place = name.replace("-", "_")
        if getattr(arguments, place) is None:
            setattr(arguments, place, value[kind] if isinstance(value, dict) else value)


def configured(path: Path) -> dict:
    """The configuration with its defaults."""
    import yaml

    schema = json.loads((ROOT / "config/schemas/config.schema.json").read_text(encoding="utf-8"))
    return configuration.with_defaults(yaml.safe_load(path.read_text(encoding="utf-8")), schema)


def estimate(config: dict, speed: argparse.Namespace) -> tuple[list, list]:
    """Rows (name, GPU seconds, CPU seconds, how) and rows (name, bytes, how)."""
    audio, course, commitment = config["audio"], config["trajectory"], config["commitment"]
    sigmas = noise_levels.sigmas(course["steps"], course["sigma_min"], course["sigma_max"])
    kept = configuration.with_the_last(configuration.kept_steps(course["keep"], sigmas), sigmas)
    levels, seconds = len(kept) * len(course["signals"]), course["seconds_kept"]
    clips = config["prompts"]["count"] * audio["samples"]
    shards = -(-config["prompts"]["count"] // audio["prompts_per_shard"])
    hearing = -(-shards // Keeping(config, {}).shards_heard)
    notes = sum(SPLITS[split][0] for split in config["notes"]["splits"])
    archives = sum(SPLITS[split][1] for split in config["notes"]["splits"]) * 1e9
    renoised = len(kept) * config["controls"]["renoising"]
    heard = levels + len(kept) * config["controls"]["deformation"] + renoised
    concepts = 28 if config["concepts"] == "all" else len(config["concepts"])
    probes = concepts * len(config["probes"]["classifiers"])

    def sampling(steps: int) -> float:
        return steps * (2 * speed.evaluation / (speed.tflops * speed.share) + speed.noise)

    def decoding(count: int) -> float:
        computed = speed.decoding / (speed.tflops * speed.decoder_share)
        return count * seconds * (computed + speed.moved / speed.bandwidth / 1000)

    def embedding(count: int, length: float = seconds) -> float:
        return count * (speed.clap / (speed.tflops * speed.clap_share) + speed.prepare / speed.threads * length / 10)

    latents, latent = audio["keep"] == "latents", 64 * seconds * 44_100 / 2048 * 2  # bytes: channels, frames, float16
    free = config["controls"]["unconditional"]
    rows = [
        (
            "generate_audio",
            sampling(clips * course["steps"]) + shards * speed.load,
            0,
            f"{clips:,} clips x {course['steps']} steps x 2 evaluations (guidance), {shards:,} jobs",
        ),
        (
            "decoding",
            decoding(clips * levels) + latents * shards * speed.load,
            0,
            f"{clips:,} clips x {levels} levels x {seconds:g} s{', in jobs of its own' * latents}",
        ),
        (
            "generate_unconditional",
            sampling(free * course["steps"]) + decoding(free * (levels + 1)),
            0,
            f"{free} clips",
        ),
    ]
    if renoised:
        rows.append(("renoise_audio", decoding(clips * renoised), 0, f"{clips:,} clips x {renoised} levels, decoded"))
    if config["switching"]["enabled"]:
        steps = configuration.intervention_steps(config, "switching", 6, str(config["run"]))
        chosen = definitions.load(ROOT / "config/concepts.yaml", config["concepts"])
        pairs = interventions.switched_pairs(config, chosen)
        cost, ends = configuration.switching_cost(pairs, steps, course["steps"]), 2 * pairs * (1 + len(steps))
        gpu = sampling(cost) + decoding(ends) + embedding(ends)
        rows.append(("switching", gpu, 0, f"{pairs} pairs, {cost:,} steps x 2 evaluations"))
    if commitment["enabled"]:
        steps = configuration.kept_steps(commitment["keep"], sigmas)
        prompts = min(commitment["prompts"], config["prompts"]["count"])
        cost = configuration.branching_cost(prompts, steps, commitment["branches"], course["steps"])
        branches = prompts * len(steps) * commitment["branches"]
        gpu = sampling(cost) + decoding(branches) + embedding(branches)
        rows.append(("re-branching", gpu, 0, f"{branches:,} branches, {cost:,} steps x 2 evaluations"))
    rows += [
        (
            "embed_audio",
            embedding(clips * heard) + hearing * speed.load,
            0,
            f"{clips:,} clips x {heard} levels, the deformation control's among them; {hearing:,} jobs",
        ),
        (
            "embed_notes",
            embedding(notes, 4) + config["notes"]["shards"] * speed.load,
            0,
            f"{notes:,} notes, {config['notes']['shards']} jobs",
        ),
        (
            "measure_acoustics",
            0,
            clips * levels * seconds * speed.acoustics,
            f"{clips * levels:,} clips x {seconds:g} s",
        ),
        ("notes", 0, notes * speed.note, f"{notes:,} notes unpacked, encoded and measured"),
        ("train_probe", 0, probes * speed.fit * 60, f"{probes} probes"),
        ("score_audio", 0, probes * clips * heard * speed.score, f"{probes} probes x {clips * heard:,} clips"),
        ("statistics, figures", 0, concepts * speed.statistics * 60, f"{concepts} concepts"),
    ]
    listening = min(audio["listening"], config["prompts"]["count"]) * audio["samples"]
    stored = clips if audio["keep"] == "all" else listening
    vectors = 2 * (clips * heard + notes) * 512 * 4
    disk = [
        ("audio", stored * levels * seconds * 44_100 * 2 * 2 * speed.flac, f"{stored:,} clips x {levels} levels, FLAC"),
        *([("latents", clips * levels * latent, f"{clips:,} clips x {levels} levels, float16")] if latents else []),
        ("NSynth's archive", archives, "as published; may be deleted once packed"),
        ("notes", notes * 4 * 16_000 * 2 * speed.flac, f"{notes:,} notes of 4 s at 16 kHz, FLAC"),
        ("embeddings", vectors, "512 float32 for each clip, level and note, by shard and collected"),
    ]
    return rows, disk


def planned(path: Path) -> tuple[int, int]:
    """Jobs of the whole run, and its files: all outputs, and a log and a benchmark for each job but the target rule."""

    def ask(option: str) -> str:
        command = [sys.executable, "-m", "snakemake", option, "--configfile", str(path.resolve())]
        environment = {**os.environ, "MUSICOLOGIST_TERMINAL": "full"}
        done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True)
        if done.returncode:
            sys.exit(done.stdout[-2000:] + done.stderr[-2000:])
        return done.stdout

    jobs = int(re.search(r"^total +(\d+)$", ask("-n"), re.MULTILINE)[1])
    outputs = [line for line in ask("--summary").splitlines() if line.startswith("results/")]
    return jobs, len(outputs) + 2 * (jobs - 1)


if __name__ == "__main__":
    main()
