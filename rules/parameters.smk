"""What a rule's parameters say of programs, models and concepts: digests with their names, so that a dry-run says what changed."""

from functools import cache

from musicologist.core.files import found
from musicologist.embedders import registry as embedders
from musicologist.generators import registry as generators
from musicologist.workflow.provenance import Digest, code_digest, model_digest


def code_of(file):
    """Digest of a file below ``scripts/``, and of what it imports."""
    return code_digest(file, ROOT / "scripts", cache=".snakemake/code_digests.json")


def script_of(name):
    """A program's file. Snakemake keeps no record of a Path: where the checkout lies makes nothing stale."""
    script = ROOT / "scripts" / f"{name}.py"
    return script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script


def program(name):
    """What running ``scripts/NAME.py`` takes as parameters: the file, and a digest of it and of all modules it imports."""
    return {"script": script_of(name), "code": Digest(f"code {name}", code_of(script_of(name)))}


@cache
def digest_of_model(kind):
    model = config["models"][kind]
    digest = model_digest(found(model), cache=".snakemake/model_digests.json") if model else "none"
    return Digest(f"model {kind}", digest)


def digest_of(concept):
    return Digest(f"concept {concept}", RUN.defined_concepts[concept].digest)


def family_of(wing, registry, model):
    """The module that loads a model, and a digest of it and of all that it imports."""
    name = registry.of_model(model)
    file = ROOT / "scripts/musicologist" / wing / f"{name}.py"
    return f"musicologist.{wing}.{name}", Digest(f"code {wing}/{name}", code_of(file))


GENERATOR_FAMILY, GENERATOR_CODE = family_of("generators", generators, config["models"]["diffusion"])
EMBEDDER_FAMILY, EMBEDDER_CODE = family_of("embedders", embedders, config["models"]["clap"])
# The parameters of what runs the diffusion model, and of what runs CLAP.
GENERATOR = {
    "generator": f"--family {GENERATOR_FAMILY} {RUN.generator}",
    "generator_code": GENERATOR_CODE,
    "diffusion": digest_of_model("diffusion"),
    "text_encoder": digest_of_model("text_encoder"),
}
EMBEDDER = {
    "family": EMBEDDER_FAMILY,
    "embedder_code": EMBEDDER_CODE,
    "model": config["models"]["clap"],
    "clap": digest_of_model("clap"),
}
