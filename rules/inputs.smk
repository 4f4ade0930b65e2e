"""What is given instead of made: where it lies, checked before anything runs."""

from musicologist.inputs import audio as given_audio
from musicologist.inputs import concepts as given_concepts
from musicologist.inputs import embeddings as given_embeddings
from musicologist.inputs import section

if config["inputs"]["audio"]:
    checked(
        given_audio.check,
        config["inputs"]["audio"],
        RUN.levels,
        RUN.plan,
        config["audio"]["samples"],
        config["prompts"]["leave_out"],
    )

GIVEN_EMBEDDINGS = []
if config["inputs"]["embeddings"]:
    GIVEN_EMBEDDINGS = [
        checked(given_embeddings.file_of, config["inputs"]["embeddings"], level) for level in RUN.levels
    ]

GIVEN_CONCEPTS = {}
if config["inputs"]["note_embeddings"]:
    GIVEN_CONCEPTS = {
        concept: checked(given_concepts.files_of, config["inputs"]["note_embeddings"], concept)
        for concept in RUN.concepts
    }


def fingerprint_of_shard(wildcards):
    """A digest of the given audio files of one shard: names, sizes, times."""
    shard, (folder, samples) = int(wildcards.shard), (config["inputs"]["audio"], config["audio"]["samples"])
    prompts = RUN.plan.prompts_of_shard(shard)
    places = (given_audio.files(folder, level, shard, prompts, samples) for level in RUN.levels)
    return checked(given_audio.fingerprint, [path for paths in places for path in paths])


def info_of_concept(wildcards):
    return GIVEN_CONCEPTS[wildcards.concept][1]
