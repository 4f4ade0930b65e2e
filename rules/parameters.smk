"""What a rule's parameters say of programs, models and concepts: digests with their names, so that a dry-run says what changed."""

from functools import cache

from musicologist.core.files import found
from musicologist.generators import registry as generators
from musicologist.workflow.provenance import Digest, code_digest, family_digest, model_digest


def script_of(name):
    """A program's file. Snakemake keeps no record of a Path: where the checkout lies makes nothing stale."""
    script = ROOT / "scripts" / f"{name}.py"
    return script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script


def program(name):
    """What running ``scripts/NAME.py`` takes as parameters: the file, and a digest of it and of all modules it imports."""
    return {"script": script_of(name), "code": Digest(f"code {name}", code_digest(script_of(name)))}


MODEL_DIGESTS = ".snakemake/model_digests.json"


def digest_of_model(kind):
    model = config["models"][kind]
    return Digest(f"model {kind}", model_digest(found(model), cache=MODEL_DIGESTS) if model else "none")


@cache
def digest_of_embedder(place):
    return RUN.ears[place].digest(MODEL_DIGESTS)


def digest_of(concept):
    return Digest(f"concept {concept}", RUN.defined_concepts[concept].digest)


def embedder(name):
    """A parameter of what runs an embedder: for each of them another, told by the folder ``ear`` of its products."""

    def of_ear(wildcards):
        place = wildcards.get("ear", "")
        return digest_of_embedder(place) if name == "digest" else getattr(RUN.ears[place], name)

    return of_ear


# The parameters of what runs the diffusion model, and of what runs an embedder.
GENERATOR = {
    "generator": RUN.generator,
    "generator_code": family_digest(generators.module_of(config["models"]["diffusion"])),
    "diffusion": digest_of_model("diffusion"),
    "text_encoder": digest_of_model("text_encoder"),
}
EMBEDDER = {
    "family": embedder("module"),
    "embedder_code": embedder("code"),
    "model": embedder("model"),
    "clap": embedder("digest"),
}
