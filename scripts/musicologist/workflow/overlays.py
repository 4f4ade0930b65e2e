"""What is laid over a configuration before it is checked: keys of the command line with their types, keys that do not count.

Snakemake itself lays several files given with ``--configfile`` over one another, key by key.
"""

from collections.abc import Mapping
from typing import Any

from musicologist.core.errors import UserError
from musicologist.inputs import clips, section
from musicologist.inputs import prompts as inputs_prompts


def typed(value: Any, schema: Mapping[str, Any]) -> Any:
    """A value of the command line as ``schema`` asks for it: of nested keys Snakemake makes texts (``{dpi: 300}``).

    A text stays one where a text may stand there, but for null, which is nothing where nothing may stand there.
    """
    for option in schema.get("anyOf", ()):
        if _fits(made := typed(value, option), option):
            return made
    if isinstance(value, Mapping):
        parts, other = schema.get("properties", {}), schema.get("additionalProperties")
        other = other if isinstance(other, Mapping) else {}
        return {key: typed(item, parts.get(key, other)) for key, item in value.items()}
    if isinstance(value, list):
        return [typed(item, schema.get("items", {})) for item in value]
    if isinstance(value, str) and (not _fits(value, schema) or (value == "null" and _fits(None, schema))):
        meant = _meant(value)
        return meant if _fits(meant, schema) else value
    return value


def _fits(value: Any, schema: Mapping[str, Any]) -> bool:
    from jsonschema import Draft202012Validator

    return bool(Draft202012Validator(schema).is_valid(value))


def _meant(text: str) -> Any:
    """What a text means as YAML; the text where it is none."""
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError):
        return text


def for_run(config: Mapping[str, Any]) -> dict[str, Any]:
    """A copy of a configuration, not checked yet, in which keys that do not count in its run need not stand.

    ``prompts.count`` is all where prompts are given; who writes and annotates does not count where that is given, nor the model
    and its guidance where clips or their embeddings are, nor the notes' shards where their embeddings are. A CSV file of clips
    says by itself how many prompts, samples and levels there are.
    """
    inputs = config.get("inputs")
    inputs = inputs if isinstance(inputs, Mapping) else {}
    given = {key for key, place in inputs.items() if place}
    filled = dict(config)

    def fill(name: str, **keys: Any) -> None:
        part = filled.get(name, {})
        if isinstance(part, Mapping):
            filled[name] = {**keys, **part}

    if "prompts" in given or str(inputs.get("annotations")).endswith(".json"):
        fill("prompts", writer="template", count="all")
    if "annotations" in given:
        fill("annotation", annotator="lexicon")
    if "clips" in given:
        fill("prompts", writer="template")
        fill("audio", prompts_per_shard=100, samples=1)
        fill(
            "trajectory",
            steps=2,
            keep=[0],
            signals=["denoised"],
            sigma_max=1,
            sigma_min=0.01,
            seconds_total=10,
            seconds_kept=10,
        )
        if isinstance(filled["prompts"], Mapping):
            filled["prompts"] = {**filled["prompts"], "count": "all"}
    if given & {"audio", "clips", "embeddings"}:
        fill("models", diffusion="resources/models/diffusion")
        fill("prompts", writer="template")
        fill("trajectory", sampler="dpmpp-2m", guidance=1)
    if "note_embeddings" in given:
        fill("notes", shards=1)
    return filled


def counted(config: Mapping[str, Any], source: str) -> dict[str, Any]:
    """A copy of a checked configuration in which ``prompts.count`` is a number: of all given prompts where it is all.

    Of given clips it has all that they decide. Raises UserError where no prompts are given to be counted.
    """
    prompts = config["prompts"]
    if config["inputs"]["clips"]:
        return clips.configured(config, source)
    if prompts["count"] != "all":
        return dict(config)
    file = section.prompts_file(config["inputs"])
    if not file:
        raise UserError(
            f"{source}: prompts.count is 'all', but no prompts are given: name inputs.prompts, or a number to write."
        )
    return {**config, "prompts": {**prompts, "count": len(inputs_prompts.read_given(file))}}
