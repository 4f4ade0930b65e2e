"""What the inputs and parameters of rules take from their wildcards."""


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


def digest_of_concept(wildcards):
    return digest_of(wildcards.concept)


def original_terms_of_concept(wildcards):
    """The original's terms as text where the configuration asks for them: an edited entry makes its own scores stale."""
    return str(RUN.original_terms.get(wildcards.concept, ""))


def address_of_classifier(wildcards):
    return RUN.classifiers[wildcards.classifier].address


def digest_of_classifier(wildcards):
    return Digest(f"classifier {wildcards.classifier}", code_digest(RUN.classifiers[wildcards.classifier].file))


def grid_of_classifier(wildcards):
    return RUN.classifiers[wildcards.classifier].options


def scores_by_classifier(wildcards, input):
    return [f"{classifier}={path}" for classifier, path in zip(CLASSIFIERS, input.scores)]


def reports_by_classifier(wildcards, input):
    return [f"{classifier}={path}" for classifier, path in zip(CLASSIFIERS, input.reports)]
