"""Checking a configuration against its JSON schema, in sentences that name the key."""

import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from musicologist.core import noise_levels
from musicologist.core.errors import UserError, suggest
from musicologist.core.files import write_text


def check(config: Mapping[str, Any], schema: Mapping[str, Any], source: str) -> None:
    """Raise UserError with one sentence about the first key of ``config`` that breaks ``schema`` (draft 2020-12).

    ``source`` names the file in the sentence.
    """
    from jsonschema import Draft202012Validator

    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.path)))
    if errors:
        raise UserError(_sentence(errors[0], source))


def _sentence(error: Any, source: str) -> str:
    place = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))[0]
        key = f"{place}.{unknown}" if place else unknown
        return f"{source}: unknown key {key}; {suggest(unknown, known)}."
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        key = f"{place}.{missing}" if place else missing
        about = error.schema["properties"][missing].get("description", "").split(". ")[0].rstrip(".")
        return f"{source}: the key {key} is missing ({about}); add it."
    if error.validator == "enum":
        return f"{source}: {place} is {error.instance!r}; {suggest(str(error.instance), error.validator_value)}."
    if error.validator in ("anyOf", "oneOf"):
        return f"{source}: {place} is {error.instance!r}; expected {error.schema.get('description', 'another value')}"
    return f"{source}: {place or 'the configuration'}: {error.message}."


def with_defaults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``config`` in which every absent key that has a default in ``schema`` has it."""
    filled = dict(config)
    for key, part in schema.get("properties", {}).items():
        if key not in filled and "default" in part:
            filled[key] = part["default"]
        if isinstance(filled.get(key), Mapping):
            filled[key] = with_defaults(filled[key], part)
    return filled


def check_trajectory(trajectory: Mapping[str, Any], source: str) -> list[int]:
    """The kept steps of a trajectory, in ascending order.

    Raises UserError where one lies outside the sampler's steps, or where sigma_min or guidance_sigma_min is not below
    sigma_max.
    """
    if trajectory["sigma_min"] >= trajectory["sigma_max"]:
        raise UserError(
            f"{source}: trajectory.sigma_min {trajectory['sigma_min']} is not below trajectory.sigma_max "
            f"{trajectory['sigma_max']}: the sampler goes from the largest noise level to the smallest."
        )
    if trajectory["guidance_sigma_min"] >= trajectory["sigma_max"]:
        raise UserError(
            f"{source}: trajectory.guidance_sigma_min {trajectory['guidance_sigma_min']} is not below trajectory.sigma_max "
            f"{trajectory['sigma_max']}: no step would be guided; for that set trajectory.guidance to 1."
        )
    levels = noise_levels.sigmas(trajectory["steps"], trajectory["sigma_min"], trajectory["sigma_max"])
    try:
        return kept_steps(trajectory["keep"], levels)
    except UserError as error:
        raise UserError(f"{source}: {error}") from None


def branch_steps(config: Mapping[str, Any], source: str) -> list[int]:
    """The steps at which clips are re-branched, before the last; without ``commitment.keep`` up to four over the schedule.

    Raises UserError where one is the last step or beyond.
    """
    trajectory = config["trajectory"]
    levels = noise_levels.sigmas(trajectory["steps"], trajectory["sigma_min"], trajectory["sigma_max"])[:-1]
    keep = config["commitment"]["keep"] or {"levels": min(4, len(levels))}
    try:
        return kept_steps(keep, levels, "commitment.keep, which leaves the last step out,")
    except UserError as error:
        raise UserError(f"{source}: {error}") from None


def check_passes(annotation: Mapping[str, Any], source: str) -> None:
    """Raise UserError where an annotator that always answers the same is to annotate more than once."""
    if annotation["passes"] > 1 and annotation["annotator"] == "lexicon":
        raise UserError(
            f"{source}: annotation.passes is {annotation['passes']}, but the lexicon annotates every time alike: set it to 1, "
            "or annotation.annotator to openai."
        )


def check_recorded(path: str | Path, inputs: Mapping[str, Any], run: str) -> None:
    """Raise UserError where the inputs recorded at ``path`` by an earlier start of this run are not ``inputs``."""
    path = Path(path)
    if not path.exists():
        return
    recorded = json.loads(path.read_text(encoding="utf-8"))
    for key in sorted(set(recorded) | set(inputs)):
        if recorded.get(key) != inputs.get(key):
            raise UserError(
                f"The run {run!r} was made with {key} = {recorded.get(key)!r} (recorded in {path}), but now "
                f"{key} = {inputs.get(key)!r} is configured: give the key `run` another name; no result is lost."
            )


def record(path: str | Path, inputs: Mapping[str, Any]) -> None:
    """Write down at ``path`` which inputs a run is made of, for ``check_recorded``."""
    write_text(path, json.dumps(inputs, indent=2) + "\n")


def check_arrays(executor: str, arrays: str | None) -> None:
    """Raise UserError where Slurm's released executor is told to use job arrays: they lose files (profiles/README.md)."""
    if executor == "slurm" and arrays:
        raise UserError(
            f"The arrays of snakemake-executor-plugin-slurm (slurm-array-jobs: {arrays}) can delete or accept half-written "
            "products: use `executor: safe-slurm` and `safe-slurm-array-jobs`, as profiles/slurm does, or no arrays."
        )


def even_steps(levels: Sequence[float], count: int, from_sigma: float, to_sigma: float, key: str) -> list[int]:
    """The ``count`` steps of a schedule that lie nearest to ``count`` levels, even in log-SNR, between two sigmas.

    ``levels`` are the sigmas of all steps. Raises UserError, naming the configuration's ``key``, where the range leaves the
    schedule, runs upwards or holds fewer steps than are asked for.
    """
    slack = 1e-6
    if not levels[0] * (1 + slack) >= from_sigma > to_sigma >= levels[-1] * (1 - slack):
        raise UserError(
            f"{key} asks for levels from sigma {from_sigma:g} to {to_sigma:g}, but the sampler goes from "
            f"{levels[0]:g} to {levels[-1]:g}: choose from_sigma above to_sigma, both in that range."
        )
    start, end = math.log(from_sigma), math.log(to_sigma)
    wanted = [start + (end - start) * number / max(1, count - 1) for number in range(count)]
    found = [min(range(len(levels)), key=lambda step: abs(math.log(levels[step]) - level)) for level in wanted]
    if len(set(found)) < count:
        raise UserError(
            f"{key} asks for {count} levels from sigma {from_sigma:g} to {to_sigma:g}, where the sampler has only "
            f"{len(set(found))} steps near enough: ask for fewer levels, or raise trajectory.steps."
        )
    return found


def kept_steps(
    keep: Sequence[int] | Mapping[str, float], levels: Sequence[float], key: str = "trajectory.keep"
) -> list[int]:
    """The kept steps in ascending order: as listed, or of ``{levels: n, from_sigma: a, to_sigma: b}`` (see even_steps).

    Without from_sigma or to_sigma the range is the schedule's. Raises UserError, naming the configuration's ``key``, where the
    steps leave the schedule.
    """
    if isinstance(keep, Mapping):
        first, last = keep.get("from_sigma", levels[0]), keep.get("to_sigma", levels[-1])
        return even_steps(levels, int(keep["levels"]), first, last, key)
    beyond = [step for step in keep if step >= len(levels)]
    if beyond:
        raise UserError(
            f"{key} names step {beyond[0]}, but of {len(levels)} steps that count from 0: "
            f"keep steps from 0 to {len(levels) - 1}."
        )
    return sorted(keep)


def branching_cost(prompts: int, steps: Sequence[int], branches: int, all_steps: int) -> int:
    """How many denoising steps of one clip re-branching takes: the way to the last branching, and every continuation."""
    return prompts * (max(steps) + 1 + branches * sum(all_steps - step for step in steps))
