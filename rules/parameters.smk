"""What a rule's parameters say of programs, models and concepts: digests with their names, so that a dry-run says what changed."""

from functools import cache

from musicologist.core.files import found
from musicologist.workflow.provenance import Digest, code_digest, family_digest, model_digest


def script_of(name):
    """A program's file. Snakemake keeps no record of a Path: where the checkout lies makes nothing stale."""
    script = ROOT / "scripts" / f"{name}.py"
    return script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script


def program(name):
    """What running ``scripts/NAME.py`` takes as parameters: the file, and a digest of it and of all modules it imports."""
    return {"script": script_of(name), "code": Digest(f"code {name}", code_digest(script_of(name)))}


@cache
def digest_of_model(kind):
    model = config["models"][kind]
    digest = model_digest(found(model), cache=".snakemake/model_digests.json") if model else "none"
    return Digest(f"model {kind}", digest)


def digest_of(concept):
    return Digest(f"concept {concept}", RUN.defined_concepts[concept].digest)


# The parameters of what runs the diffusion model, and of what runs the embedder.
GENERATOR = {
    "generator": RUN.generator,
    "generator_code": family_digest(RUN.families["diffusion"]),
    "diffusion": digest_of_model("diffusion"),
    "text_encoder": digest_of_model("text_encoder"),
}
EMBEDDER = {
    "family": RUN.families["clap"],
    "embedder_code": family_digest(RUN.families["clap"]),
    "model": config["models"]["clap"],
    "clap": digest_of_model("clap"),
}
