"""How clips are sampled, and the options of the scripts that sample the clips of a shard."""

import argparse
from dataclasses import MISSING, dataclass, field, fields
from pathlib import Path
from typing import get_args

from musicologist.core.errors import UserError
from musicologist.models.devices import PRECISIONS
from musicologist.prompts import batches

DECODERS = ("plain", "compiled")


@dataclass(frozen=True)
class SamplingSettings:
    """How clips are sampled; sigmas in units of the latents' spread, lengths in seconds.

    One more setting is one more field: its option and the clip's record follow, and the configuration's ``trajectory`` must
    have it.
    """

    sampler: str
    steps: int
    guidance: float
    sigma_min: float
    sigma_max: float
    seconds_total: float
    seconds_kept: float
    precision: str = field(default="float32", metadata={"choices": PRECISIONS})
    decoder: str = field(default="plain", metadata={"choices": DECODERS})
    # share of the guided prediction brought back to the unguided one's spread (Lin et al. 2024)
    guidance_rescale: float = 0.0
    guidance_sigma_min: float = 0.0  # no guidance below this sigma, or above the next (Kynkäänniemi et al. 2024)
    guidance_sigma_max: float | None = None


def check_length(seconds_kept: float, seconds: float, model: str) -> None:
    """Raise UserError where more is to be kept of a clip than the ``seconds`` that the model makes."""
    if seconds_kept > seconds:
        raise UserError(
            f"trajectory.seconds_kept is {seconds_kept}, but the model in {model} makes {seconds:.1f} s of "
            "audio: keep no more than that."
        )


def parser(description: str, keeping: bool = False, into_folder: bool = False) -> argparse.ArgumentParser:
    """A parser with the options of one shard: which prompts, which model, how to sample, what to write.

    ``keeping``: and of which prompts the clips are kept where the others are only heard. ``into_folder``: a folder may be named
    in place of the tar files, and the manifest left out.
    """
    options = argparse.ArgumentParser(description=description)
    options.add_argument("--prompts", required=True, help="JSON Lines")
    options.add_argument("--first", type=int, required=True, help="first prompt id")
    options.add_argument("--last", type=int, required=True, help="last prompt id")
    options.add_argument("--seed", type=int, required=True, help="the run's seed")
    options.add_argument("--family", required=True, help="module that loads the model, or a file NAME.py")
    options.add_argument("--model", required=True, help="directory or Hugging Face id")
    options.add_argument("--digest", required=True, help="digest of the model, for the record")
    options.add_argument(
        "--text-encoder", help="directory or Hugging Face id of a T5 that is not the one the model names"
    )
    for setting in fields(SamplingSettings):
        options.add_argument(
            f"--{setting.name.replace('_', '-')}",
            type=next(iter(get_args(setting.type)), setting.type),
            choices=setting.metadata.get("choices"),
            required=setting.default is MISSING,
            default=None if setting.default is MISSING else setting.default,
        )
    options.add_argument("--batch-size", type=int, required=True)
    options.add_argument("--device", choices=["auto", "cpu", "cuda"], default="auto")
    options.add_argument(
        "--threads", type=int, default=1, help="that encode what was made, beside the one that makes it"
    )
    options.add_argument("--modules", nargs="*", default=[], help="environment modules that the job was to load")
    options.add_argument("--manifest", type=Path, required=not into_folder, nargs="?" if into_folder else None)
    where = options.add_mutually_exclusive_group(required=True) if into_folder else options
    where.add_argument("--tars", type=Path, nargs="+", required=not into_folder)
    if into_folder:
        where.add_argument("--folder", type=Path, help="for tar files of all levels that there are")
    if keeping:
        options.add_argument(
            "--keep", type=int, help="so many of the shard's prompts have their clips in the tar files"
        )
        options.add_argument(
            "--all", type=Path, nargs="?", help="folder for tar files of all clips, if --keep is given"
        )
    return options


def parse(options: argparse.ArgumentParser) -> argparse.Namespace:
    """The arguments of a parser that has ``keeping``."""
    arguments = options.parse_args()
    if (arguments.keep is None) != (arguments.all is None):
        options.error("--keep and --all go together")
    return arguments


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


def settings(arguments: argparse.Namespace) -> SamplingSettings:
    """How to sample."""
    return SamplingSettings(**{setting.name: getattr(arguments, setting.name) for setting in fields(SamplingSettings)})
