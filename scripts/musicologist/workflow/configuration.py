"""Checking a configuration against its JSON schema, in sentences that name the key."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from musicologist.core import documents, noise_levels
from musicologist.core.errors import UserError, suggest
from musicologist.inputs import section as inputs_section

_COMPARISON = "comparison"


def check(config: Mapping[str, Any], schema: Mapping[str, Any], source: str) -> None:
    """Raise UserError with one sentence about the first key of ``config`` that breaks ``schema`` (draft 2020-12).

    ``source`` names the file in the sentence. What no configuration may hold (numbers that are not finite, keys that are no
    texts) is refused first.
    """
    from jsonschema import Draft202012Validator

    documents.require_plain(config, source)
    errors = sorted(Draft202012Validator(schema).iter_errors(config), key=lambda error: list(map(str, error.path)))
    if errors:
        raise UserError(_sentence(errors[0], source))
    if config.get("run") == _COMPARISON:
        raise UserError(
            f"{source}: run is {_COMPARISON!r}, the folder in which `snakemake compare` writes: take another name."
        )


def whole_numbers(value: Any, schema: Mapping[str, Any]) -> Any:
    """The same value with whole numbers that are written 22.0 as 22, wherever ``schema`` asks for an integer."""
    kinds = schema.get("type", ())
    if isinstance(value, float) and value.is_integer() and "integer" in ([kinds] if isinstance(kinds, str) else kinds):
        return int(value)
    for option in schema.get("anyOf", ()):
        value = whole_numbers(value, option)
    if isinstance(value, Mapping):
        parts = schema.get("properties", {})
        return {key: whole_numbers(item, parts.get(key, {})) for key, item in value.items()}
    if isinstance(value, list):
        return [whole_numbers(item, schema.get("items", {})) for item in value]
    return value


_NAMES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "true or false",
    "array": "a list",
    "object": "a section of keys",
    "null": "null",
}


def _sentence(error: Any, source: str) -> str:
    place = ".".join(map(str, error.absolute_path))
    shown = str(error.instance)[:80] if isinstance(error.instance, list | Mapping) else repr(error.instance)[:80]
    if error.validator == "additionalProperties":
        known = list(error.schema["properties"])
        unknown = sorted(set(error.instance) - set(known))[0]
        key = f"{place}.{unknown}" if place else unknown
        return f"{source}: unknown key {key[:80]}; {suggest(unknown, known)}."
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in error.instance)
        key = f"{place}.{missing}" if place else missing
        about = error.schema["properties"][missing].get("description", "").split(". ")[0].rstrip(".")
        return f"{source}: the key {key} is missing ({about}); add it."
    if error.validator == "enum":
        return f"{source}: {place} is {shown}; {suggest(str(error.instance), error.validator_value)}."
    if error.validator == "type":
        kinds = [error.validator_value] if isinstance(error.validator_value, str) else error.validator_value
        expected = " or ".join(_NAMES[kind] for kind in kinds)
        return (
            f"{source}: {place or 'the configuration'} is {shown}: expected {expected}{_hint(error.instance, kinds)}."
        )
    if error.validator == "uniqueItems":
        twice = next(item for number, item in enumerate(error.instance) if item in error.instance[:number])
        return f"{source}: {place} names {twice!r} twice: name it once."
    if error.validator in ("anyOf", "oneOf"):
        if closest := _closest(error):
            return _sentence(closest, source)
        listed = f" (a list is written [{error.instance}])" if isinstance(error.instance, str) else ""
        return f"{source}: {place} is {shown}{listed}; expected {error.schema.get('description', 'another value')}"
    if error.validator == "pattern":
        return f"{source}: {place} is {shown}: expected a name of letters, digits, '_', '.' and '-', a letter or digit first."
    return f"{source}: {place or 'the configuration'}: {' '.join(error.message.split())[:200]}."


def _hint(value: Any, kinds: Sequence[str]) -> str:
    """What helps against a value of another type."""
    if "string" in kinds and not isinstance(value, list | Mapping):
        return "; put it in quotes"
    if isinstance(value, str) and {"number", "integer", "boolean"} & set(kinds):
        return (
            "; write it without quotes (of nested keys given with --config Snakemake makes texts: put them in a file)"
        )
    return ""


def _closest(error: Any) -> Any | None:
    """Of the ways in which a value could be right, the first complaint of the one whose type it has; None where it has none."""
    fits = [part for part in error.context if part.validator not in ("type", "const") or len(part.relative_path)]
    return fits[0] if fits else None


def with_defaults(config: Mapping[str, Any], schema: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of ``config`` in which every absent key that has a default in ``schema`` has it."""
    filled = dict(config)
    for key, part in schema.get("properties", {}).items():
        if key not in filled and "default" in part:
            filled[key] = part["default"]
        if isinstance(filled.get(key), Mapping):
            filled[key] = with_defaults(filled[key], part)
    return filled


FINISHED_SIGMA = 0.5
"""The noisiest level at which clips can be called finished: music 6 dB above the noise."""


def check_trajectory(trajectory: Mapping[str, Any], source: str, inputs: Mapping[str, Any]) -> list[int]:
    """The kept steps of a trajectory, in ascending order: those of ``keep`` and, where no ``inputs`` are clips, the last.

    Raises UserError where one lies outside the sampler's steps, where sigma_min or guidance_sigma_min is not below
    sigma_max, where guidance_sigma_max leaves no step to be guided, where no signal is kept that ends as the finished clip, and
    where the last kept level is above FINISHED_SIGMA.
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
    highest = trajectory["guidance_sigma_max"]
    if highest is not None and highest <= max(trajectory["guidance_sigma_min"], trajectory["sigma_min"]):
        raise UserError(
            f"{source}: trajectory.guidance_sigma_max {highest} is not above trajectory.guidance_sigma_min "
            f"{trajectory['guidance_sigma_min']} and trajectory.sigma_min {trajectory['sigma_min']}: no step would be guided; "
            "for that set trajectory.guidance to 1."
        )
    if trajectory["signals"] == ["unguided"]:
        raise UserError(
            f"{source}: trajectory.signals keeps unguided alone, whose last level is no finished clip: keep denoised or noisy "
            "too."
        )
    levels = noise_levels.sigmas(trajectory["steps"], trajectory["sigma_min"], trajectory["sigma_max"])
    try:
        kept = kept_steps(trajectory["keep"], levels)
    except UserError as error:
        raise UserError(f"{source}: {error}") from None
    given = inputs_section.heard(inputs) is not None
    kept = kept if given else with_the_last(kept, levels)
    if levels[kept[-1]] > FINISHED_SIGMA * (1 + 1e-9):  # sigma_min comes back from its logarithm
        remedy = (
            "give the levels after it too" + (", and name them in trajectory.keep" if not inputs.get("clips") else "")
            if given
            else "lower trajectory.sigma_min"
        )
        raise UserError(
            f"{source}: the last kept level is at sigma {levels[kept[-1]]:.2g}, where no clip is finished yet, and much is "
            f"learnt from finished clips (sigma at most {FINISHED_SIGMA}): {remedy}."
        )
    return kept


def guided_steps(trajectory: Mapping[str, Any]) -> int:
    """How many steps lie in the interval of noise levels in which the model is guided."""
    lowest, highest = trajectory["guidance_sigma_min"], trajectory["guidance_sigma_max"] or math.inf
    levels = noise_levels.sigmas(trajectory["steps"], trajectory["sigma_min"], trajectory["sigma_max"])
    return sum(lowest <= level <= highest for level in levels)


def with_the_last(kept: Sequence[int], levels: Sequence[float]) -> list[int]:
    """These steps and the schedule's last, which holds the finished clips."""
    return sorted({*kept, len(levels) - 1})


def intervention_steps(config: Mapping[str, Any], section: str, count: int, source: str) -> list[int]:
    """The steps at which clips are re-branched or prompts exchanged (section ``commitment`` or ``switching``), before the last.

    Without the section's ``keep`` up to ``count`` over the schedule. Raises UserError where one is the last step or beyond.
    """
    trajectory = config["trajectory"]
    levels = noise_levels.sigmas(trajectory["steps"], trajectory["sigma_min"], trajectory["sigma_max"])[:-1]
    keep = config[section]["keep"] or ({"levels": min(count, len(levels))} if len(levels) > 1 else [0])
    try:
        return kept_steps(keep, levels, f"{section}.keep, which leaves the last step out,")
    except UserError as error:
        raise UserError(f"{source}: {error}") from None


def check_sizes(config: Mapping[str, Any], source: str) -> None:
    """Raise UserError where settings that are each well make together more jobs than can be planned, or clips than fit."""
    prompts, audio = config["prompts"], config["audio"]
    shards = -(-prompts["count"] // audio["prompts_per_shard"])
    if shards > _SHARDS:
        raise UserError(
            f"{source}: prompts.count {prompts['count']} and audio.prompts_per_shard {audio['prompts_per_shard']} make "
            f"{shards} shards: at most {_SHARDS} can be planned; raise audio.prompts_per_shard."
        )
    if beyond := [number for number in prompts["leave_out"] if number >= prompts["count"]]:
        raise UserError(
            f"{source}: prompts.leave_out names prompt {beyond[0]}, but prompts count from 0 to {prompts['count'] - 1}."
        )


_SHARDS = 20_000


def check_passes(annotation: Mapping[str, Any], source: str) -> None:
    """Raise UserError where an annotator that always answers the same is to annotate more than once."""
    if annotation["passes"] > 1 and annotation["annotator"] == "lexicon":
        raise UserError(
            f"{source}: annotation.passes is {annotation['passes']}, but the lexicon annotates every time alike: set it to 1, "
            "or annotation.annotator to openai."
        )


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


def switching_cost(pairs: int, steps: Sequence[int], all_steps: int) -> int:
    """How many denoising steps of one clip switching takes: both prompts' whole ways, and every way with the other's end."""
    return 2 * pairs * (all_steps + sum(all_steps - step for step in steps))
