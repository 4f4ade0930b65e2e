"""Try on a GPU node, in two minutes, what a run will do there for days, and say what is wrong in sentences.

Two parts run in one job, each in its own environment: the generator (two steps, one decode) and the embedder (one batch). Where
something is wrong a part ends well and says so in its record; the verdict on both ends with the sentences, and exit code 1.
"""

import argparse
import json
import os
import platform
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from musicologist.audio import sampling_options
from musicologist.core import programs
from musicologist.core.errors import UserError
from musicologist.models.devices import PRECISIONS


def main() -> None:
    """Check one part, or join the parts to the verdict."""
    parts = {"generator": generator, "embedder": embedder, "verdict": verdict}
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=parts, help="gpu_check.py PART --help lists its options")
    part = parser.parse_args(sys.argv[1:2]).part
    del sys.argv[1]
    os.environ["HF_HUB_OFFLINE"] = "1"
    parts[part]()


def generator() -> None:
    """Two steps and one decode of the configured generator; the options are those of a shard."""
    parser = sampling_options.parser(__doc__)
    parser.add_argument("--site", type=json.loads, required=True)
    parser.add_argument("--output", type=Path, required=True)
    for option in ("--prompts", "--first", "--last", "--manifest", "--tars"):  # there is no shard yet
        next(action for action in parser._actions if option in action.option_strings).required = False
    arguments = parser.parse_args()

    def work(record: dict[str, Any], device: str) -> None:
        from musicologist.audio.sampler import Sampler
        from musicologist.models import devices, hub
        from musicologist.workflow import gpu_checks, preflight

        family, settings = devices.family(arguments.family), sampling_options.settings(arguments)
        directory = hub.directory(arguments.model, family.FILES)
        facts = family.facts(family.read_config(directory), settings.seconds_total, arguments.model)
        one = preflight.gpu_bytes(facts, family.check_weights(directory), settings.seconds_kept, 1)
        if short := gpu_checks.memory_problem(one, gpu_checks.torch_facts()):
            record["problems"]["memory"] = short
            return
        start = time.monotonic()
        whole = Sampler.load(family, arguments.model, settings, device, arguments.text_encoder)
        sampler = replace(whole, settings=replace(settings, steps=2))
        record["seconds"]["load"] = time.monotonic() - start
        batch = devices.BatchSize("audio.batch_size", arguments.batch_size)

        def sample(clips: int) -> Any:
            return list(sampler.sample(["a slow piano melody"] * clips, list(range(clips)), [1]))

        batch.fit(sample)  # what is compiled or searched for at first is not counted
        levels, took = timed(lambda: batch.fit(sample), device)
        record["seconds"]["step"] = took / batch.size / 2
        latents = next(latents for (signal, _), latents in levels if signal == "denoised")[:1]
        sampler.decode(latents)
        sound, record["seconds"]["decode"] = timed(lambda: sampler.decode(latents), device)
        if not sound.isfinite().all():
            record["problems"]["numbers"] = (
                f"What {arguments.model} makes with models.precision: {settings.precision} is not finite on this node: set"
                " float32."
            )
        record["batch"] = {"asked": arguments.batch_size, "fits": batch.size}

    check("generator", arguments, [arguments.model, arguments.text_encoder], work)


def embedder() -> None:
    """One batch through the configured embedder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--family", required=True, help="module that loads the model, or a file NAME.py")
    parser.add_argument("--model", required=True)
    parser.add_argument("--precision", choices=PRECISIONS, default="float32")
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--device", choices=["auto", "cpu", "cuda"], required=True)
    parser.add_argument("--modules", nargs="*", default=[])
    parser.add_argument("--site", type=json.loads, required=True)
    parser.add_argument("--before", nargs="*", type=Path, default=[], help="the generator's record")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    def work(record: dict[str, Any], device: str) -> None:
        import numpy as np
        from musicologist.models import devices

        start = time.monotonic()
        model = devices.family(arguments.family).load(arguments.model, device)
        record["seconds"]["load"] = time.monotonic() - start
        batch = devices.BatchSize("embedding.batch_size", arguments.batch_size)

        def embed(clips: int) -> np.ndarray:
            noise = np.random.default_rng(0).normal(scale=0.1, size=(clips, model.window)).astype(np.float32)
            with devices.half(device, arguments.precision):
                return model.embed_audio(list(noise), clips)

        batch.fit(embed)
        embedding, took = timed(lambda: batch.fit(embed), device)
        record["seconds"]["embed"] = took / batch.size
        if not np.isfinite(embedding).all():
            record["problems"]["numbers"] = f"What {arguments.model} makes of audio is not finite on this node."
        record["batch"] = {"asked": arguments.batch_size, "fits": batch.size}

    # what is wrong already is not met twice
    told = any(json.loads(path.read_text(encoding="utf-8"))["problems"] for path in arguments.before)
    check("embedder", arguments, [arguments.model], None if told else work)


def check(part: str, arguments: argparse.Namespace, models: list[str | None], work: Callable[..., None] | None) -> None:
    """Write the part's record: what is wrong with the node, or else what the models take there (``work``, if any)."""
    from musicologist.core.files import write_text
    from musicologist.models import devices, hub
    from musicologist.workflow import gpu_checks

    found, torch = gpu_checks.gpu(), gpu_checks.torch_facts()
    foreign = any(model and hub.parse(model) for model in models)
    wrong = gpu_checks.problems(arguments.device, found, torch, arguments.modules, os.environ, foreign)
    record: dict[str, Any] = {"part": part, "node": platform.node(), "site": arguments.site, "problems": wrong}
    record |= {"gpu": vars(found) if found else None, "torch": vars(torch), "seconds": {}}
    if work and not wrong:
        try:
            device = devices.resolve(arguments.device, arguments.precision)
            record |= {"device": device, "note": gpu_checks.note(device, found, torch)}
            work(record, device)
            if device == "cuda":
                import torch as library

                record["peak_bytes"] = library.cuda.max_memory_allocated()
        except UserError as error:
            record["problems"][part] = str(error)
        except (RuntimeError, AssertionError) as error:  # of PyTorch, with what CUDA says
            traceback.print_exc()
            said = str(error).strip().split("\n")[0]
            record["problems"][part] = (
                f"The {part} fails on this node ({said}): {arguments.output.stem}.log says where."
            )
    for sentence in record["problems"].values():
        print(sentence, file=sys.stderr)
    write_text(arguments.output, json.dumps(record, indent=1) + "\n")


def timed(work: Callable[[], Any], device: str) -> tuple[Any, float]:
    """What ``work`` returns, and the seconds it took on the device."""
    import torch

    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    wait()
    start = time.monotonic()
    result = work()
    wait()
    return result, time.monotonic() - start


def verdict() -> None:
    """Join the parts' records; UserError with every sentence where something is wrong, and then the check begins anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--parts", nargs="+", type=Path, required=True)
    parser.add_argument(
        "--checked", type=json.loads, required=True, help="the configuration that this speaks for, JSON"
    )
    parser.add_argument("--plan", type=json.loads, required=True, help="how much the run is, JSON")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.core.files import write_text
    from musicologist.workflow import gpu_checks

    parts = {record["part"]: record for record in (json.loads(path.read_text()) for path in arguments.parts)}
    wrong: dict[str, str] = {}
    for record in parts.values():
        wrong = record["problems"] | wrong
    if wrong:
        for path in arguments.parts:  # made again by the next check
            path.unlink()
        raise UserError(" ".join(wrong.values()))
    any_part = next(iter(parts.values()))
    lines = [any_part["note"]]
    for part, record in parts.items():
        if record["batch"]["fits"] < record["batch"]["asked"]:
            key = "audio.batch_size" if part == "generator" else "embedding.batch_size"
            lines.append(f"{key} is {record['batch']['asked']}, and {record['batch']['fits']} fit: jobs will halve it.")
    seconds = {part: record["seconds"] for part, record in parts.items()}
    estimate = gpu_checks.hours(gpu_checks.Plan(**arguments.plan), seconds)
    device = "GPU" if any_part["device"] == "cuda" else "CPU"
    listed = ", ".join(f"{kind} {value:.2g}" for kind, value in estimate.items())
    lines.append(f"The run's models will take about {sum(estimate.values()):.2g} {device}-hours ({listed}).")
    print("\n".join(lines), file=sys.stderr)
    sites = [record["site"] for record in parts.values()]
    found = {"checked": arguments.checked, "sites": sites, "findings": lines, "hours": estimate, "parts": parts}
    write_text(arguments.output, json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    programs.run(main)
