"""What the scripts that sample clips share: their options, the shard's prompts, the sampler's settings."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from musicologist.core.errors import UserError
from musicologist.prompts import batches

if TYPE_CHECKING:
    from musicologist.audio.sampler import SamplingSettings


def parser(description: str) -> argparse.ArgumentParser:
    """A parser with the options of one shard: which prompts, which model, how to sample, what to write."""
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--prompts", required=True, help="JSON Lines")
    options.add_argument("--first", type=int, required=True, help="first prompt id")
    options.add_argument("--last", type=int, required=True, help="last prompt id")
    options.add_argument("--seed", type=int, required=True, help="the run's seed")
    options.add_argument("--model", required=True, help="directory or Hugging Face id")
    options.add_argument("--digest", required=True, help="digest of the model, for the record")
    options.add_argument(
        "--text-encoder", help="directory or Hugging Face id of a T5 that is not the one the model names"
    )
    options.add_argument("--precision", choices=["float32", "bfloat16", "float16"], default="float32")
    options.add_argument("--sampler", required=True)
    options.add_argument("--steps", type=int, required=True)
    options.add_argument("--guidance", type=float, required=True)
    options.add_argument("--guidance-rescale", type=float, default=0.0)
    options.add_argument("--guidance-sigma-min", type=float, default=0.0)
    options.add_argument("--sigma-max", type=float, required=True)
    options.add_argument("--sigma-min", type=float, required=True)
    options.add_argument("--seconds-total", type=float, required=True)
    options.add_argument("--seconds-kept", type=float, required=True)
    options.add_argument("--batch-size", type=int, required=True)
    options.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    options.add_argument("--modules", nargs="*", default=[], help="environment modules that the job was to load")
    options.add_argument("--manifest", type=Path, required=True)
    options.add_argument("--tars", type=Path, nargs="+", required=True)
    return options


def prompts(arguments: argparse.Namespace) -> dict[int, str]:
    """The shard's prompts by id, in their order; UserError where the file lacks one."""
    known = {prompt.prompt_id: prompt.text for prompt in batches.read_batch(arguments.prompts)}
    wanted = range(arguments.first, arguments.last + 1)
    absent = [number for number in wanted if number not in known]
    if absent:
        raise UserError(
            f"{arguments.prompts} has no prompt {absent[0]}: delete it and let the workflow write it again."
        )
    return {number: known[number] for number in wanted}


def settings(arguments: argparse.Namespace) -> "SamplingSettings":
    """How to sample."""
    from musicologist.audio.sampler import SamplingSettings

    return SamplingSettings(
        arguments.sampler,
        arguments.steps,
        arguments.guidance,
        arguments.sigma_min,
        arguments.sigma_max,
        arguments.seconds_total,
        arguments.seconds_kept,
        arguments.precision,
        arguments.guidance_rescale,
        arguments.guidance_sigma_min,
    )
