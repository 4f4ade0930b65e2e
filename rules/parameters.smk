"""What a rule's parameters say of programs, models and concepts: digests with their names, so that a dry-run says what changed."""

from functools import cache

from musicologist.core.checkout import found
from musicologist.generators import registry as generators
from musicologist.workflow.provenance import Digest, code_digest, family_digest, model_digest, state_of

CODE_DIGESTS = ".snakemake/code_digests.json"
MODEL_DIGESTS = ".snakemake/model_digests.json"
LIBRARY = state_of(ROOT / "scripts")


def code_of(file):
    """Digest of a file below ``scripts/``, and of what it imports."""
    return code_digest(file, ROOT / "scripts", CODE_DIGESTS, LIBRARY)


def script_of(name):
    """A program's file. Snakemake keeps no record of a Path: where the checkout lies makes nothing stale."""
    script = ROOT / "scripts" / f"{name}.py"
    return script.relative_to(Path.cwd()) if script.is_relative_to(Path.cwd()) else script


def program(name):
    """What running ``scripts/NAME.py`` takes as parameters: the file, and a digest of it and of all modules it imports."""
    return {"script": script_of(name), "code": Digest(f"code {name}", code_of(script_of(name)))}


def digest_of_model(kind):
    model = config["models"][kind]
    return Digest(f"model {kind}", checked(model_digest, found(model), MODEL_DIGESTS) if model else "none")


@cache
def digest_of_embedder(place):
    return checked(RUN.ears[place].digest, MODEL_DIGESTS)


@cache
def code_of_embedder(place):
    return checked(family_digest, RUN.ears[place].module, CODE_DIGESTS, LIBRARY)


def digest_of(concept):
    return Digest(f"concept {concept}", RUN.defined_concepts[concept].digest)


def of_embedder(found):
    """``found`` of the folder of an embedder's products, as a parameter of the rules that run an embedder."""
    return lambda wildcards: found(ear_of(wildcards))


# The parameters of what runs the diffusion model, and of what runs an embedder.
GENERATOR = {
    "generator": RUN.generator,
    "generator_code": family_digest(generators.module_of(config["models"]["diffusion"]), CODE_DIGESTS, LIBRARY),
    "diffusion": digest_of_model("diffusion"),
    "text_encoder": digest_of_model("text_encoder"),
}
EMBEDDER = {
    "family": of_embedder(lambda place: RUN.ears[place].module),
    "embedder_code": of_embedder(code_of_embedder),
    "model": of_embedder(lambda place: RUN.ears[place].model),
    "clap": of_embedder(digest_of_embedder),
}

# How figures look, as options of the programs that draw.
LOOK = options({name: config["figures"][name] for name in ("dpi", "width", "captions")})


def pictures(*stems):
    """The pictures of figures, one in each format."""
    return [f"{stem}.{kind}" for stem in stems for kind in config["figures"]["format"]]


def figure(stem, caption, category="All concepts", **labels):
    """A figure's files: one in each format, the first of which a report shows, and its caption as text."""
    first, *others = pictures(stem)
    shown = report(
        first, caption=f"../resources/captions/{caption}.rst", category=category, labels={**labels, "figure": caption}
    )
    return [shown, *others, f"{stem}.txt"]


# What the tables of this run say of it (core/parquet): through the environment, for a name makes nothing stale.
record.tell_tables(config["run"], RUN.results, {place: RUN.models_note(place) for place in RUN.ears})
