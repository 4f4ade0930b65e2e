"""What is given instead of made: where it lies, checked before anything runs."""

from musicologist.inputs import audio as given_audio
from musicologist.inputs import clips as given_clips
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

GIVEN_CLIPS = checked(given_clips.read, RUN.parsed_inputs["clips"]) if config["inputs"]["clips"] else None

# How the clips come about: the rules for it.
AUDIO = {"audio": "import", "clips": "clips"}.get(section.heard(config["inputs"]), "generate")

# Figures of what changes from level to level.
OF_CURVES = ("<results>/order", "<results>/distances") if RUN.curved else ()

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

# What is edited by hand, as this run is planned with it.
GIVEN_DIGESTS = {}
if COPIED and not STARTED:
    GIVEN_DIGESTS = checked(given.digests, config["inputs"], [info for _, info in GIVEN_CONCEPTS.values()])


def fingerprint_of_shard(wildcards):
    """A digest of the given audio files of one shard: names, sizes, times."""
    shard, (folder, samples) = int(wildcards.shard), (config["inputs"]["audio"], config["audio"]["samples"])
    prompts = RUN.plan.prompts_of_shard(shard)
    places = (given_audio.files(folder, level, shard, prompts, samples) for level in RUN.levels)
    return checked(given_audio.fingerprint, [path for paths in places for path in paths])


def fingerprint_of_clips(wildcards):
    """The same of clips that a CSV file names, and what it says of them."""
    return checked(given_clips.fingerprint, GIVEN_CLIPS, RUN.plan.prompts_of_shard(int(wildcards.shard)))


def info_of_concept(wildcards):
    return GIVEN_CONCEPTS[wildcards.concept][1]
