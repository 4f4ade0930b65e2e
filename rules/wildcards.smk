"""What the inputs and parameters of rules take from their wildcards."""

from functools import cache


def first_prompt_of_batch(wildcards):
    return RUN.plan.prompts_of_batch(int(wildcards.batch))[0]


def last_prompt_of_batch(wildcards):
    return RUN.plan.prompts_of_batch(int(wildcards.batch))[-1]


def earlier_batches(wildcards):
    return [f"{RUN.results}/prompts/batch_{batch:04d}.jsonl" for batch in range(int(wildcards.batch))]


def given_texts(wildcards):
    """The given prompts of one batch: an edited text makes its own shard stale and no other."""
    return RUN.given_prompts[first_prompt_of_batch(wildcards) : last_prompt_of_batch(wildcards) + 1]


def first_prompt_of_shard(wildcards):
    return RUN.plan.prompts_of_shard(int(wildcards.shard))[0]


def last_prompt_of_shard(wildcards):
    return RUN.plan.prompts_of_shard(int(wildcards.shard))[-1]


def batch_of_shard(wildcards):
    return f"{RUN.results}/prompts/batch_{RUN.plan.batch_of_shard(int(wildcards.shard)):04d}.jsonl"


def last_branched_prompt_of_shard(wildcards):
    return min(last_prompt_of_shard(wildcards), RUN.branched_prompts - 1)


def kept_of_shard(wildcards):
    """How many of a shard's prompts have their clips kept, as an option where it is not all of them."""
    kept = [prompt for prompt in RUN.plan.prompts_of_shard(int(wildcards.shard)) if prompt < RUN.kept_prompts]
    return f"--keep {len(kept)}" if RUN.listening else ""


def left_out_of_shard(wildcards):
    """Those of a shard's prompts that are left out, as an option where there are any."""
    return options_of_left_out(set(RUN.plan.prompts_of_shard(int(wildcards.shard))))


def options_of_left_out(prompts):
    left_out = sorted(prompts & set(config["prompts"]["leave_out"]))
    return f"--leave-out {' '.join(map(str, left_out))}" if left_out else ""


def options_of_equal_prompts():
    """Given prompts of the text of an earlier one, as an option where there are any: all of them are one cluster."""
    equal = section.equal(RUN.given_prompts)
    return " ".join(["--equal", *(f"{own}={first}" for own, first in equal.items())]) if equal else ""


def asking():
    """How a language model is asked, as options."""
    in_words = "" if config["openai"]["structured_output"] else " --in-words"
    return options({"temperature": config["openai"]["temperature"]}) + in_words


# Measuring a shard takes less than beginning a job: one measures several, but of clips that are deleted once they were heard.
SHARDS_MEASURED = 1 if RUN.listening else 5
NOTE_SHARDS_MEASURED = 5


def parts_of(shards, size):
    """The numbers of the jobs that take so many shards each."""
    return [f"{part:04d}" for part in range(-(-len(shards) // size))]


def of_part(wildcards, shards, size, *files):
    """These files of the shards that one job takes."""
    first = int(wildcards.part) * size
    place = ear_of(wildcards)
    return [file.format(shard=shard, ear=place) for shard in shards[first : first + size] for file in files]


def heard_manifests(wildcards):
    return of_part(wildcards, RUN.shards, RUN.shards_heard, f"<results>/{RUN.hearing}audio/shard_{{shard}}.json")


def heard_folders(wildcards):
    return of_part(wildcards, RUN.shards, RUN.shards_heard, *RUN.unheard)


def measured_manifests(wildcards):
    return of_part(wildcards, RUN.shards, SHARDS_MEASURED, "<results>/audio/shard_{shard}.json")


def measured_folders(wildcards):
    return of_part(wildcards, RUN.shards, SHARDS_MEASURED, *RUN.unheard)


def measured_notes(wildcards):
    return of_part(wildcards, RUN.note_shards, NOTE_SHARDS_MEASURED, "<results>/notes/shard_{shard}.tar")


def digest_of_concept(wildcards):
    return digest_of(wildcards.concept)


def original_terms_of_concept(wildcards):
    """The original's terms as text where the configuration asks for them: an edited entry makes its own scores stale."""
    return str(RUN.original_terms.get(wildcards.concept, ""))


def prompts_of_own_aspects(wildcards):
    """The prompts, of a concept with aspects of the user's own, which no annotator knows."""
    there = RUN.given_prompts or RUN.generates
    return f"{RUN.results}/prompts/prompts.parquet" if there and RUN.defined_concepts[wildcards.concept].words else []


def address_of_classifier(wildcards):
    return RUN.classifiers[wildcards.classifier].address


@cache
def code_of_classifier(classifier):
    return Digest(f"classifier {classifier}", code_digest(RUN.classifiers[classifier].file))


def digest_of_classifier(wildcards):
    return code_of_classifier(wildcards.classifier)


def grid_of_classifier(wildcards):
    return RUN.classifiers[wildcards.classifier].options


def scores_by_classifier(wildcards, input):
    return [f"{classifier}={path}" for classifier, path in zip(CLASSIFIERS, input.scores)]


def reports_by_classifier(wildcards, input):
    return [f"{classifier}={path}" for classifier, path in zip(CLASSIFIERS, input.reports)]


def given_pairs(wildcards):
    """What the given pairs say: an edited file makes its clips stale."""
    pairs = RUN.parsed_inputs["prompt_pairs"]
    return Path(pairs).read_text(encoding="utf-8") if pairs else ""


def first_prompt_of_pairs(wildcards):
    return RUN.pairs_plan.prompts_of_shard(int(wildcards.shard))[0]


def last_prompt_of_pairs(wildcards):
    return RUN.pairs_plan.prompts_of_shard(int(wildcards.shard))[-1]


def scores_beside_branches(wildcards):
    """Of the run's own clips, where a prompt has two or more: what they agree in is the prompt's doing, not the state's."""
    several = RUN.generates and config["audio"]["samples"] > 1
    files = "<results>/concepts/{concept}/scores_{classifier}.parquet"
    return collect(files, concept=RUN.concepts, classifier=CLASSIFIERS) if several else []


def scaling_of_embedder(wildcards):
    """Where the notes' mean and spread stand, of an embedder that is not on the unit sphere."""
    place = ear_of(wildcards)
    heard = RUN.audible and not config["inputs"]["note_embeddings"]
    return [f"{RUN.results}/{place}embeddings/scaling.parquet"] if heard and not RUN.ears[place].on_sphere else []


def embedder_ready(wildcards):
    """The record that the embedder is there, of one that is not part of the checkout."""
    return [ancient(path) for path in RUN.records_of(RUN.ears[ear_of(wildcards)].kind)]


def environment_of_embedder(wildcards):
    return environment_of(RUN.ears[ear_of(wildcards)])


def texts_of_embedder(wildcards):
    """The embeddings of words, of an embedder that reads."""
    there = RUN.audible and RUN.ears[ear_of(wildcards)].reads_text
    return [f"{RUN.results}/{ear_of(wildcards)}embeddings/texts.parquet"] if there else []


def models_note_of_embedder(wildcards):
    return RUN.models_note(ear_of(wildcards))


def labelled_note_of_embedder(wildcards):
    return RUN.labelled_note(ear_of(wildcards))


def outside_of_embedder(wildcards):
    """What the other embedders say of the same clips: figures of the run's own tell it."""
    return [] if ear_of(wildcards) else [path.replace("<results>", RUN.results) for path in RUN.outside]


# The tags of concepts by the folder of each embedder that has names of its own for what it hears.
TAGGED = checked(lambda: RUN.tagged)
TAGGING = f"({'|'.join(map(re.escape, TAGGED))})"


def tagger_of_embedder(wildcards):
    return RUN.ears[ear_of(wildcards)].tagger


def code_of_tagger(wildcards):
    return family_digest(tagger_of_embedder(wildcards), CODE_DIGESTS)


def name_of_embedder(wildcards):
    return RUN.ears[ear_of(wildcards)].name


def tags_of_concepts(wildcards):
    """By concept, as JSON; a concept without any is left out of what is measured, and named."""
    return json.dumps(TAGGED[ear_of(wildcards)])


def scores_of_tagged(wildcards):
    """Of the concepts that have tags: the first classifier's, of which the clips and their labels are read."""
    return [
        f"{RUN.results}/{ear_of(wildcards)}concepts/{concept}/scores_{CLASSIFIERS[0]}.parquet"
        for concept, tags in TAGGED[ear_of(wildcards)].items()
        if tags
    ]


def scores_by_concept(wildcards, input):
    return [f"{Path(path).parent.name}={path}" for path in input.scores]


COMPARED = checked(comparing.folders, config, CONFIG_NAME)
OF_RUNS = f"results/comparison/{'-'.join(COMPARED)}"


def compared(wildcards):
    """The picture that `snakemake compare` asks for."""
    if not COMPARED and len(RUN.ears) == 1:
        print(errors.sentence_of(comparing.nothing_to_compare(CONFIG_NAME)), file=sys.stderr)
        sys.exit(1)
    return pictures(f"{OF_RUNS if COMPARED else f'{RUN.results}/comparison'}/landmarks")
