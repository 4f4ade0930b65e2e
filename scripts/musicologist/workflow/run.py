"""What a checked configuration makes: its steps, levels and shards, what it keeps, and what is on or off, each by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from musicologist.concepts import definitions, prompt_labels
from musicologist.core.checkout import found
from musicologist.generators import registry as generators
from musicologist.inputs import section
from musicologist.probes import registry
from musicologist.prompts import lexicon_agreement
from musicologist.prompts.plan import Plan
from musicologist.workflow import configuration, ears, given, overlays, planned, preflight
from musicologist.workflow.checks import Checks
from musicologist.workflow.interventions import Interventions, switched_pairs
from musicologist.workflow.keeping import Keeping, where
from musicologist.workflow.provenance import model_title


@dataclass(frozen=True)
class Run(Checks, Interventions, Keeping):
    """A run, made by ``load``; ``<results>`` in a path is its folder."""

    kept_steps: list[int]
    concepts_file: Path  # that jobs read, as the next
    original_labels_file: Path
    defined_concepts: Mapping[str, definitions.Concept]
    concepts: list[str]
    original_terms: Mapping[str, prompt_labels.OriginalTerms]
    classifiers: Mapping[str, registry.Configured]
    given_prompts: list[str]
    parsed_inputs: Mapping[str, Any]  # where what is read now lies: copies in a job of a run that started

    @property
    def results(self) -> str:
        """The run's folder."""
        return f"results/{self.config['run']}"

    @property
    def inputs(self) -> dict[str, str | None]:
        """What the run is made of, for the record: a later start with anything else is refused."""
        told = planned.told(self.config)["inputs"].items()
        inputs = {key: place for key, place in told if key not in ("listeners", "prompt_pairs", "skip")}
        return {**inputs, "writer": None if section.prompts_file(inputs) else self.config["prompts"]["writer"]}

    @property
    def doubts(self) -> tuple[str, ...]:
        """Doubts about given prompts, and about their labels where the lexicon makes them: a sentence each, or none."""
        given, annotator = self.config["inputs"]["annotations"], self.config["annotation"]["annotator"]
        by_lexicon = self.given_prompts and not given and annotator == "lexicon"
        asked = {name: self.defined_concepts[name].positive_aspects for name in self.concepts}
        return section.doubt(self.given_prompts), lexicon_agreement.doubt(asked) if by_lexicon else ""

    @property
    def curved(self) -> bool:
        """Whether there are levels to compare, so curves to draw, and not finished clips alone."""
        return len(self.kept_steps) > 1

    @property
    def plan(self) -> Plan:
        """How prompts are cut into shards and batches; given prompts are imported shard by shard."""
        return Plan(
            prompts=self.config["prompts"]["count"],
            prompts_per_shard=self.config["audio"]["prompts_per_shard"],
            shards_per_batch=1 if self.given_prompts else self.config["prompts"]["shards_per_batch"],
        )

    @property
    def batches(self) -> list[str]:
        """All batches of prompts."""
        return [f"{batch:04d}" for batch in self.plan.batches()]

    @property
    def note_shards(self) -> list[str]:
        """All shards of notes."""
        return [f"{shard:04d}" for shard in range(self.config["notes"]["shards"])]

    @property
    def agreement(self) -> list[str]:
        """The table of how far annotations agree, where prompts are annotated more than once."""
        several = self.config["annotation"]["passes"] > 1 and not self.config["inputs"]["annotations"]
        return where(several, "<results>/prompts/agreement.csv")

    @property
    def signals(self) -> list[str]:
        """The signals that are kept."""
        return self.config["trajectory"]["signals"]

    @property
    def animated_signals(self) -> list[str]:
        """Those of them whose clips the point cloud shows: the unguided estimate would be a third panel, mostly the first."""
        return [signal for signal in self.signals if signal != "unguided"]

    @property
    def deformed(self) -> list[str]:
        """The deformation control, a signal of its own where it is wanted and there is audio."""
        return where(self.audible and self.curved and self.config["controls"]["deformation"], "deformed")

    @property
    def renoised(self) -> list[str]:
        """The null of the noisy state, a signal of its own where it is wanted and a model generates the audio."""
        return where(self.generates and self.config["controls"]["renoising"], "renoised")

    @property
    def scored_signals(self) -> list[str]:
        """The signals that probes are applied to."""
        return [*self.signals, *self.renoised, *self.deformed]

    @property
    def contrasted(self) -> list[str]:
        """The table in which signals of the same clips are compared, where there are such."""
        pairs = ({"denoised", "unguided"}, {"noisy", "renoised"})
        return where(any(pair <= set(self.scored_signals) for pair in pairs), "<results>/signals.csv")

    @property
    def latents(self) -> list[str]:
        """The finished latents of a shard, so that a control that starts from them makes no audio stale."""
        return where(self.generates, "<results>/audio/latents/shard_{shard}.safetensors")

    @property
    def informed(self) -> bool:
        """Whether the model is asked with and without the prompt at two steps or more: a curve of their difference."""
        asked = self.config["trajectory"]
        return self.generates and asked["guidance"] != 1 and configuration.guided_steps(asked) > 1

    @property
    def embedded_corpora(self) -> list[str]:
        """What is embedded of a shard of clips: a table each."""
        return ["audio", *self.deformed]

    @property
    def steps(self) -> list[str]:
        """The kept steps as they stand in paths."""
        return [f"{step:02d}" for step in self.kept_steps]

    @property
    def levels(self) -> list[tuple[str, int]]:
        """All (signal, step) that are kept."""
        return [(signal, step) for signal in self.signals for step in self.kept_steps]

    @property
    def outside(self) -> list[str]:
        """What embedders beside the run's own say of the same clips, where there are any."""
        return where(len(self.ears) > 1, "<results>/comparison/embedders.json")

    @property
    def tagged(self) -> dict[str, dict[str, tuple[str, ...]]]:
        """By the folder of an embedder that has names for what it hears: the tags of each concept, where any has some."""
        concepts = {name: self.defined_concepts[name] for name in self.concepts}
        found = {place: ear.tags(concepts) for place, ear in self.ears.items()} if self.audible else {}
        return {place: tags for place, tags in found.items() if any(tags.values())}

    @property
    def generator(self) -> str:
        """Which model a generating script samples, and how its networks compute, as options."""
        models = self.config["models"]
        named = {"model": models["diffusion"], "text_encoder": models["text_encoder"], "precision": models["precision"]}
        compiled = {"decoder": models["decoder"]} if models["decoder"] != "plain" else {}
        return options({"family": generators.module_of(models["diffusion"]), **named, **compiled})

    def sampling(self, **changed: Any) -> str:
        """How a generating script samples, as options, but for what is ``changed``; the order of keys changes no clip."""
        trajectory = self.config["trajectory"].items()
        sampled = {name: value for name, value in trajectory if name not in ("keep", "signals")}
        return options(dict(sorted(({"seed": self.config["seed"]} | sampled | changed).items())))

    @property
    def unconditional(self) -> int:
        """How many clips are generated without a prompt: of the first batch's prompts, whose noise they share."""
        prompts = self.config["prompts"]["count"]
        most = min(self.config["controls"]["unconditional"], prompts, self.plan.prompts_per_batch)
        return most if self.generates else 0

    @property
    def unconditional_levels(self) -> list[tuple[str, str]]:
        """Their levels, with the sampler's noise among them; without a prompt there is no estimate with it alone."""
        signals = [signal for signal in self.signals if signal != "unguided"]
        return sorted({("noisy", "00"), *((signal, step) for signal in signals for step in self.steps)})

    @property
    def controlled(self) -> dict[str, list[str]]:
        """What the controls read of audio; each is empty where the run does not have it."""
        notes = self.audible and not self.config["inputs"]["note_embeddings"]
        return {
            "acoustics": where(self.audible, "<results>/acoustics/audio.parquet"),
            "note_acoustics": where(notes, "<results>/acoustics/notes.parquet"),
            "unconditional": where(self.unconditional > 0, f"<results>/{self.ear}embeddings/unconditional.parquet"),
        }

    @property
    def classifier_addresses(self) -> list[str]:
        """Where each classifier is defined, as NAME=ADDRESS for the scripts that read probes."""
        return [f"{name}={one.address}" for name, one in self.classifiers.items()]

    @property
    def classifier_styles(self) -> str:
        """How figures show the classifiers, as options of a script."""
        return " ".join(one.style for one in self.classifiers.values())

    def models_note(self, place: str = "") -> str:
        """The sentence below each picture that says which models made it; ``place`` is the embedder's."""
        models, inputs = self.config["models"], self.config["inputs"]
        audio = model_title(found(models["diffusion"])) if self.generates else "given"
        return f"Audio: {audio}. Embedding: {'given' if inputs['embeddings'] else self.ears[place].title}."

    def labelled_note(self, place: str = "") -> str:
        """The same for pictures that tell prompts with a concept from those without."""
        original = self.config["labels"] == "original"
        return self.models_note(place) + " Labels: the original study's rules." * original


def load(
    config: Mapping[str, Any], schema: Mapping[str, Any], source: str, copied: bool = False, started: bool = False
) -> Run:
    """The run of a configuration, with its defaults filled in; ``source`` names it in messages.

    Jobs read copies of the concepts where a start makes them (``copied``); one of a run that ``started`` reads nothing else.
    Raises UserError for the first thing that is wrong in it, in the files it names or in the concepts.
    """
    config = overlays.for_run(config)
    configuration.check(config, schema, source)
    config = configuration.with_defaults(configuration.whole_numbers(config, schema), schema)
    inputs = config["inputs"]
    read = given.parsed(planned.folder(f"results/{config['run']}"), inputs) if started else inputs
    section.check(read, source)
    config = {**overlays.counted({**config, "inputs": read}, source), "inputs": inputs}
    configuration.check_sizes(config, source)
    heard = ears.configured(config["models"], inputs, source)
    kept_steps = configuration.check_trajectory(config["trajectory"], source, inputs)
    section.check_notes(inputs["notes"], config["notes"]["splits"], source)
    configuration.check_passes(config["annotation"], source)
    files, labels_file = planned.concept_files(config), found(planned.ORIGINAL_LABELS)
    for_jobs = planned.copies(config["run"]) if copied or started else [planned.the_one(files), labels_file]
    files, labels_file = ([for_jobs[0]], for_jobs[1]) if started else (files, labels_file)
    named = ", ".join(map(str, files))
    defined = definitions.of_entries(definitions.read(files), named)
    concepts = list(definitions.chosen(defined, config["concepts"], named))
    run = Run(
        config=config,
        kept_steps=kept_steps,
        branched_steps=configuration.intervention_steps(config, "commitment", 4, source),
        switched_steps=configuration.intervention_steps(config, "switching", 6, source),
        pairs=switched_pairs({**config, "inputs": read}, {name: defined[name] for name in concepts}),
        concepts_file=for_jobs[0],
        original_labels_file=for_jobs[1],
        defined_concepts=defined,
        concepts=concepts,
        original_terms=prompt_labels.load_original(labels_file, concepts) if config["labels"] == "original" else {},
        classifiers=registry.configured(config["probes"]["classifiers"], source),
        ears=heard,
        given_prompts=section.prompts(read, config["prompts"]["count"]),
        parsed_inputs=read,
    )
    planned.check_places(config["run"])
    planned.check_recorded(f"{run.results}/inputs.json", run.inputs, config["run"])
    preflight.hub_models(run.foreign_models)
    preflight.check_places(run.foreign_models, config["models"]["text_encoder"])
    if run.generates:
        preflight.check_sampling(config["models"]["diffusion"], config["trajectory"])
    return run


def options(values: Mapping[str, Any]) -> str:
    """Options of a script, quoted for the shell; one that is None is left out."""
    given = [(name.replace("_", "-"), quote(str(value))) for name, value in values.items() if value is not None]
    return " ".join(f"--{name} {value}" for name, value in given)
