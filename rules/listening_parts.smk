"""What the rules of the listening page and of the run card need: which inputs a run has, and what the card records."""

import json
from shlex import quote


def recorded_configuration(wildcards):
    """The configuration as JSON, without the keys that change no product, as the schema says of them.

    A function of wildcards, for what it returns is not searched for any: an address of notes may have {split} in it.
    """

    def recorded(values, schema):
        parts = schema.get("properties", {})
        return {
            key: recorded(value, parts.get(key, {})) if isinstance(value, dict) else value
            for key, value in values.items()
            if "Makes nothing stale" not in parts.get(key, {}).get("description", "")
        }

    return json.dumps(recorded(planned.told(config), SCHEMA))


def command_again():
    """The command that makes this run."""
    files = " ".join(map(quote, CONFIGFILES))
    return "snakemake --cores 2" + (f" --configfile {files}" if files else "")


def heard_folders():
    """Where clips lie, as options of the script; what a run does not have is left out."""
    folders = {
        "audio": RUN.audible,
        "unconditional": RUN.unconditional,
        "branches": (config["commitment"]["enabled"] and RUN.generates),
        "switched": config["switching"]["enabled"] and RUN.generates,
    }
    return options({name: f"{RUN.results}/{name}" if there else None for name, there in folders.items()})


# The embedders beside the run's own.
OTHER_EARS = [place for place in RUN.ears if place]


def notes_table():
    """The table of notes, where the notes themselves are there to be heard."""
    return [] if config["inputs"]["note_embeddings"] else ["<results>/notes/notes.parquet"]


def clips_on_card():
    """How many clips there are at all levels together, before any is left out."""
    of_prompts = len(GIVEN_CLIPS.files) if GIVEN_CLIPS else config["prompts"]["count"] * config["audio"]["samples"]
    return of_prompts * len(RUN.levels) if RUN.audible else 0


def prompts_table():
    """The prompts' texts: audio or embeddings that are given with a table of annotations come without them."""
    there = RUN.given_prompts or RUN.generates
    return ["<results>/prompts/prompts.parquet"] if there else []


def read_by_page(wildcards):
    """What the listening page reads, by option of its script."""
    of_concepts = {
        "cards": "card.json",
        "controls": "controls.parquet",
        "contents": "content.parquet",
        "datasets": "dataset.parquet",
    }
    return {
        "prompts": prompts_table(),
        "notes": notes_table(),
        "note_shards": collect("<results>/notes/shard_{shard}.tar", shard=RUN.note_shards) if notes_table() else [],
        "switching": ["<results>/switching.csv"] if config["switching"]["enabled"] else [],
        "listeners": ["<results>/listeners.csv"] if config["inputs"]["listeners"] else [],
        "scores": collect(
            "<results>/concepts/{concept}/scores_{classifier}.parquet", concept=RUN.concepts, classifier=CLASSIFIERS
        ),
        **{
            name: collect("<results>/concepts/{concept}/{file}", concept=RUN.concepts, file=file)
            for name, file in of_concepts.items()
        },
        "comparison": RUN.outside,
        "outside_curves": collect("<results>/{ear}emergence.parquet", ear=OTHER_EARS),
        "outside_scores": collect(
            "<results>/{ear}concepts/{concept}/scores_{classifier}.parquet",
            ear=OTHER_EARS,
            concept=RUN.concepts,
            classifier=CLASSIFIERS,
        ),
    }


def clips_of_page(wildcards):
    """The tar files and manifests whose clips the page holds: the script finds them below their folders."""
    kept = collect(
        "<results>/audio/{signal}/step_{step}/shard_{shard}.tar",
        signal=[*(RUN.signals if RUN.decodes else ()), *RUN.renoised],
        step=RUN.steps,
        shard=RUN.shards,
    )
    branches = expand("<results>/branches/shard_{shard}.json", shard=RUN.branched_shards)
    switched = expand("<results>/switched/shard_{shard}.json", shard=RUN.switched_shards)
    return [
        *([ALL_LEVELS, *kept] if RUN.audible else []),
        *(rules.generate_unconditional.output.tars if RUN.unconditional else []),
        *(branches if (config["commitment"]["enabled"] and RUN.generates) else []),
        *(switched if config["switching"]["enabled"] and RUN.generates else []),
    ]
