"""What one GPU delivers: full-size architectures with random weights, in every precision; at most eight minutes.

    python benchmarks/gpu.py --json gpu.json             on a GPU
    python benchmarks/gpu.py --small --device cpu        tiny models, to see that the program runs

The generator is Stable Audio Open 1.0's architecture with a list in place of its T5 (a text is encoded once a batch, a fiftieth
of a percent of the work), the embedder HTSAT-base. No weights are fetched.
"""

import argparse
import copy
import json
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "scripts"), str(ROOT)]
from musicologist.audio.sampling_options import SamplingSettings
from musicologist.core import shard_writing
from musicologist.models import devices

from tests.support import stable_audio_open, tiny_models

BATCHES = (1, 2, 4, 7, 14, 28)
STEPS = 50  # of a whole clip; so many are told, fewer are timed
SECONDS = 8 * 60


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    parser.add_argument("--small", action="store_true", help="tiny models")
    parser.add_argument("--batch", type=int, default=7, help="clips at once, where the batch is not what is varied")
    parser.add_argument("--json", type=Path, help="file to write the numbers to")
    arguments = parser.parse_args()
    begin = time.monotonic()
    device = devices.resolve(arguments.device)
    bench = Bench(device, arguments.small)
    rows: list[dict[str, Any]] = []
    for part in (bench.sampling, bench.decoding, bench.beside, bench.embedding, bench.sweep):
        if time.monotonic() - begin > SECONDS:
            rows.append({"what": part.__name__, "left out": "the time was up"})
            continue
        rows += part(arguments.batch)
    found = {"device": bench.title, "small": arguments.small, "rows": rows}
    print(f"{bench.title}{', tiny models' * arguments.small}, {time.monotonic() - begin:.0f} s in all\n")
    print("| what | setting | clips at once | value | unit | share of time the GPU is busy |")
    print("| --- | --- | --: | --: | --- | --: |")
    for row in rows:
        busy = row.get("busy")
        cells = (row["what"], row.get("setting", ""), row.get("batch", ""), row.get("value", row.get("left out")))
        value = f"{cells[3]:.4g}" if isinstance(cells[3], float) else cells[3]
        print(f"| {cells[0]} | {cells[1]} | {cells[2]} | {value} | {row.get('unit', '')} | {busy if busy else ''} |")
    if arguments.json:
        arguments.json.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


class Bench:
    """The models on a device, and what is timed."""

    def __init__(self, device: str, small: bool) -> None:
        """Build the generator."""
        import torch
        from musicologist.generators import stable_audio_tools
        from musicologist.generators.stable_audio_denoiser import StableAudio

        self.torch, self.device, self.small = torch, device, small
        self.title = torch.cuda.get_device_name(0) if device == "cuda" else "a CPU"
        config = copy.deepcopy(tiny_models.diffusion_configuration() if small else stable_audio_open.CONFIGURATION)
        config["model"]["conditioning"]["configs"][0] |= {
            "type": "list",
            "config": {"options": list(tiny_models.PROMPTS)},
        }
        torch.manual_seed(0)
        with torch.device(device):
            model = stable_audio_tools.build(config).eval().requires_grad_(False).to(device)
        self.model, self.dtype = StableAudio(model, config, device), torch.float32

    def sampler(self, precision: str, steps: int) -> Any:
        """A sampler of the model in this precision."""
        from musicologist.audio.sampler import Sampler

        devices.resolve(self.device, precision)
        dtype = getattr(self.torch, precision) if precision in devices.HALF else self.torch.float32
        if dtype != self.dtype:
            self.model.halve(dtype)
            self.dtype = dtype
        kept = 0.8 if self.small else 10.0
        settings = SamplingSettings("dpmpp-2m-sde", steps, 6.0, 0.3, 100.0, kept, kept, precision)
        return Sampler(self.model, settings, self.device)

    def timed(self, work: Callable[[], Any], rounds: int = 1) -> tuple[float, str | None]:
        """Seconds of a round, and the share of them in which the GPU computes; the first round is not counted."""
        work()
        self.synchronise()
        begin = time.perf_counter()
        for _ in range(rounds):
            work()
        self.synchronise()
        seconds = (time.perf_counter() - begin) / rounds
        return seconds, self.busy(work)

    def synchronise(self) -> None:
        """Wait until the GPU has done what it was given."""
        if self.device == "cuda":
            self.torch.cuda.synchronize()

    def busy(self, work: Callable[[], Any]) -> str | None:
        """The share of the time in which kernels run, by torch's profiler; None without a GPU."""
        if self.device != "cuda":
            return None
        activities = [self.torch.profiler.ProfilerActivity.CUDA]
        self.synchronise()
        begin = time.perf_counter()
        with self.torch.profiler.profile(activities=activities) as profile:
            work()
            self.synchronise()
        seconds = time.perf_counter() - begin
        kernels = sum(event.self_device_time_total for event in profile.key_averages()) / 1e6
        return f"{kernels / seconds:.0%}"

    def drawn(self, precision: str, batch: int, steps: int) -> tuple[float, str | None]:
        """Seconds that a clip of STEPS steps takes, of so many at once; timed over ``steps``."""
        sampler = self.sampler(precision, steps)
        prompts = [tiny_models.PROMPTS[number % 3] for number in range(batch)]
        seconds, busy = self.timed(lambda: list(sampler.sample(prompts, range(batch), [steps - 1], ["denoised"])))
        return seconds / batch / steps * STEPS, busy

    def sampling(self, batch: int) -> list[dict[str, Any]]:
        """Seconds a clip in every precision."""
        rows = []
        for precision in devices.PRECISIONS:
            seconds, busy = self.drawn(precision, batch, 4)
            told = {"what": f"sampling, {STEPS} steps", "setting": precision, "batch": batch, "busy": busy}
            rows.append(told | {"value": seconds, "unit": "s a clip"})
        return rows

    def decoding(self, batch: int) -> list[dict[str, Any]]:
        """Seconds a clip and level in every precision."""
        rows = []
        for precision in devices.PRECISIONS:
            sampler = self.sampler(precision, 4)
            latents = self.torch.randn(batch, self.model.shape(10.0)[0], sampler.frames, device=self.device)
            seconds, busy = self.timed(partial(sampler.decode, latents))
            told = {"what": "decoding 10 s", "setting": precision, "batch": batch, "busy": busy}
            rows.append(told | {"value": seconds / batch, "unit": "s a clip and level"})
        return rows

    def beside(self, batch: int) -> list[dict[str, Any]]:
        """What the processor does beside the GPU: the noise of a step, and FLAC."""
        from musicologist.audio import noise

        shape, rate = self.model.shape(10.0), self.model.sample_rate
        drawn, _ = self.timed(lambda: noise.of_step(range(batch), 3, shape), 3)
        dice = np.random.default_rng(0)
        audio = dice.normal(0, 0.1, (2, round(10 * rate))).astype(np.float32)
        flac, _ = self.timed(lambda: shard_writing.encode(audio, rate))
        return [
            {"what": "noise of a step", "setting": "CPU", "batch": batch, "value": 1000 * drawn, "unit": "ms a step"},
            {"what": "FLAC of 10 s", "setting": "CPU", "batch": 1, "value": 1000 * flac, "unit": "ms a clip and level"},
        ]

    def embedder(self) -> Any:
        """HTSAT-base, or a tiny one."""
        from musicologist.embedders import clap

        if self.small:
            with tempfile.TemporaryDirectory() as folder:
                return clap.load(tiny_models.clap_directory(Path(folder) / "clap"), self.device)
        clap.quiet()
        from transformers import ClapAudioConfig, ClapConfig, ClapFeatureExtractor, ClapModel, ClapTextConfig

        size = {"depths": [2, 2, 12, 2], "patch_embeds_hidden_size": 128, "num_attention_heads": [4, 8, 16, 32]}
        text = ClapTextConfig(num_hidden_layers=1, hidden_size=64, num_attention_heads=2, intermediate_size=64)
        parts = {"audio_config": ClapAudioConfig(**size, hidden_size=1024).to_dict(), "text_config": text.to_dict()}
        with self.torch.device(self.device):
            network = ClapModel(ClapConfig(**parts)).eval().to(self.device)
        extractor = ClapFeatureExtractor(truncation="rand_trunc", padding="repeatpad")
        return clap.Clap(network, extractor, lambda: None, self.device)

    def embedding(self, batch: int) -> list[dict[str, Any]]:
        """Clips a second of HTSAT-base, features included, audio in memory."""
        model = self.embedder()
        at_once = 2 if self.small else 64
        clips = [np.random.default_rng(n).normal(0, 0.1, model.window).astype(np.float32) for n in range(at_once)]
        rows = []
        for precision in devices.PRECISIONS:
            devices.resolve(self.device, precision)
            with devices.half(self.device, precision):
                seconds, busy = self.timed(partial(model.embed_audio, clips, at_once))
            told = {"what": "embedding 10 s, HTSAT-base", "setting": precision, "batch": at_once, "busy": busy}
            rows.append(told | {"value": at_once / seconds, "unit": "clips a s"})
        return rows

    def sweep(self, batch: int) -> list[dict[str, Any]]:
        """Seconds a clip by how many are sampled at once, until the memory is full."""
        rows = []
        for size in BATCHES[:2] if self.small else BATCHES:
            told = {"what": f"sampling, {STEPS} steps", "setting": "bfloat16, batch sweep", "batch": size}
            try:
                seconds, busy = self.drawn("bfloat16", size, 4)
            except self.torch.OutOfMemoryError:
                rows.append(told | {"left out": "out of memory"})
                break
            rows.append(told | {"value": seconds, "unit": "s a clip", "busy": busy})
        return rows


if __name__ == "__main__":
    main()
