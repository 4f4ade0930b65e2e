"""What a checked configuration makes: its steps, levels and shards, what it keeps, and what is on or off, each by name."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from shlex import quote
from typing import Any

from musicologist.concepts import definitions, prompt_labels
from musicologist.core.files import found
from musicologist.inputs import section
from musicologist.models import hub
from musicologist.probes import registry
from musicologist.prompts.plan import Plan
from musicologist.workflow import configuration, preflight
from musicologist.workflow.provenance import model_title

CONCEPTS = "config/concepts.yaml"
ORIGINAL_LABELS = "config/original_labels.yaml"


@dataclass(frozen=True)
class Run:
    """A run, made by ``load``; ``<results>`` in a path is its folder."""

    config: Mapping[str, Any]
    kept_steps: list[int]
    branched_steps: list[int]
    concepts_file: Path
    original_labels_file: Path
    defined_concepts: Mapping[str, definitions.Concept]
    concepts: list[str]
    original_terms: Mapping[str, prompt_labels.OriginalTerms]
    classifiers: Mapping[str, registry.Configured]
    given_prompts: list[str]

    @property
    def results(self) -> str:
        """The run's folder."""
        return f"results/{self.config['run']}"

    @property
    def inputs(self) -> dict[str, str | None]:
        """What the run is made of, for the record: a later start with anything else is refused."""
        inputs = {key: place for key, place in self.config["inputs"].items() if key != "listeners"}  # of a finished run
        return {**inputs, "writer": None if section.prompts_file(inputs) else self.config["prompts"]["writer"]}

    @property
    def audible(self) -> bool:
        """Whether there is audio: where embeddings are given there is nothing to hear."""
        return not self.config["inputs"]["embeddings"]

    @property
    def generates(self) -> bool:
        """Whether a model generates the audio."""
        return self.audible and not self.config["inputs"]["audio"]

    @property
    def downloads_notes(self) -> bool:
        """Whether the notes are at an address."""
        return section.is_address(self.config["inputs"]["notes"])

    @property
    def foreign_models(self) -> dict[str, str]:
        """The models in use that are not part of the checkout."""
        return preflight.foreign_models(self.config["models"], self.config["inputs"])

    @property
    def hub_models(self) -> dict[str, hub.Repository]:
        """Those of them that are fetched."""
        return preflight.hub_models(self.foreign_models)

    @property
    def preflight_records(self) -> list[str]:
        """The record of the check before the run, where anything is not part of the checkout."""
        return _where(bool(self.foreign_models) or self.downloads_notes, f"{self.results}/preflight.json")

    @property
    def models_records(self) -> list[str]:
        """The record of what was fetched, where anything is."""
        return _where(bool(self.hub_models), f"{self.results}/models/downloaded.json")

    @property
    def plan(self) -> Plan:
        """How prompts are cut into shards and batches; given prompts are imported shard by shard."""
        return Plan(
            prompts=self.config["prompts"]["count"],
            prompts_per_shard=self.config["audio"]["prompts_per_shard"],
            shards_per_batch=1 if self.given_prompts else self.config["prompts"]["shards_per_batch"],
        )

    @property
    def shards(self) -> list[str]:
        """All shards of clips."""
        return [f"{shard:04d}" for shard in self.plan.shards()]

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
        return _where(several, "<results>/prompts/agreement.csv")

    @property
    def signals(self) -> list[str]:
        """The signals that are kept."""
        return self.config["trajectory"]["signals"]

    @property
    def deformed(self) -> list[str]:
        """The deformation control, a signal of its own where it is wanted and there is audio."""
        return _where(self.audible and self.config["controls"]["deformation"], "deformed")

    @property
    def scored_signals(self) -> list[str]:
        """The signals that probes are applied to."""
        return [*self.signals, *self.deformed]

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
    def listening(self) -> bool:
        """Whether clips are deleted once they were heard, all but those that are kept for listening."""
        return self.generates and self.config["audio"]["keep"] == "listening"

    @property
    def unheard(self) -> list[str]:
        """The folder that holds a shard's clips until they are heard, where they are then deleted.

        One for all levels: that a step was removed must not change what a rule reads.
        """
        return _where(self.listening, "<results>/audio/unheard/shard_{shard}")

    @property
    def kept_prompts(self) -> int:
        """How many prompts have their clips kept."""
        count = self.config["prompts"]["count"]
        return min(count, self.config["audio"]["listening"]) if self.listening else count

    @property
    def generator(self) -> str:
        """Which model a generating script samples, and in which precision, as options."""
        models = self.config["models"]
        named = {"model": models["diffusion"], "text_encoder": models["text_encoder"], "precision": models["precision"]}
        return options(named)

    def sampling(self, **changed: Any) -> str:
        """How a generating script samples, as options, but for what is ``changed``; the order of keys changes no clip."""
        trajectory = self.config["trajectory"].items()
        sampled = {name: value for name, value in trajectory if name not in ("keep", "signals")}
        return options(dict(sorted(({"seed": self.config["seed"]} | sampled | changed).items())))

    @property
    def unconditional(self) -> int:
        """How many clips are generated without a prompt: of the first batch's prompts, whose noise they share."""
        if not self.generates:
            return 0
        return min(
            self.config["controls"]["unconditional"], self.config["prompts"]["count"], self.plan.prompts_per_batch
        )

    @property
    def unconditional_levels(self) -> list[tuple[str, str]]:
        """Their levels, with the sampler's noise among them."""
        return sorted({("noisy", "00"), *((signal, step) for signal in self.signals for step in self.steps)})

    @property
    def controlled(self) -> dict[str, list[str]]:
        """What the controls read of models and audio; each is empty where the run does not have it."""
        return {
            "texts": _where(self.audible, "<results>/embeddings/texts.parquet"),
            "acoustics": _where(self.audible, "<results>/acoustics/audio.parquet"),
            "note_acoustics": _where(
                self.audible and not self.config["inputs"]["note_embeddings"], "<results>/acoustics/notes.parquet"
            ),
            "unconditional": _where(self.unconditional > 0, "<results>/embeddings/unconditional.parquet"),
        }

    @property
    def branched_prompts(self) -> int:
        """How many prompts are re-branched."""
        return min(self.config["commitment"]["prompts"], self.config["prompts"]["count"])

    @property
    def branched_shards(self) -> list[str]:
        """The shards that hold them."""
        first = [self.plan.prompts_of_shard(shard)[0] for shard in self.plan.shards()]
        return [shard for shard, prompt in zip(self.shards, first, strict=True) if prompt < self.branched_prompts]

    @property
    def commitment_figure(self) -> list[str]:
        """The figure of re-branching, where the configuration asks for it."""
        return _where(self.config["commitment"]["enabled"], "<results>/commitment.png")

    @property
    def branching_cost(self) -> str:
        """What re-branching costs beside the audio of the run, for the dry-run."""
        steps, branches = self.config["trajectory"]["steps"], self.config["commitment"]["branches"]
        prompts, levels = self.branched_prompts, len(self.branched_steps)
        cost = configuration.branching_cost(prompts, self.branched_steps, branches, steps)
        whole = self.config["prompts"]["count"] * self.config["audio"]["samples"] * steps
        return (
            f"of {prompts * levels * branches} branches in all ({prompts} prompts x {levels} levels x {branches}), which take "
            f"{cost:,} denoising steps; the run's own audio takes {whole:,}."
        )

    @property
    def classifier_addresses(self) -> list[str]:
        """Where each classifier is defined, as NAME=ADDRESS for the scripts that read probes."""
        return [f"{name}={one.address}" for name, one in self.classifiers.items()]

    @property
    def classifier_styles(self) -> str:
        """How figures show the classifiers, as options of a script."""
        return " ".join(one.style for one in self.classifiers.values())

    @property
    def models_note(self) -> str:
        """The sentence below each picture that says which models made it."""
        models, inputs = self.config["models"], self.config["inputs"]
        audio = model_title(found(models["diffusion"])) if self.generates else "given"
        embedding = model_title(found(models["clap"])) if not inputs["embeddings"] else "given"
        return f"Audio: {audio}. Embedding: {embedding}."

    @property
    def labelled_note(self) -> str:
        """The same for pictures that tell prompts with a concept from those without."""
        original = " Labels: the original study's rules." if self.config["labels"] == "original" else ""
        return self.models_note + original


def load(config: Mapping[str, Any], schema: Mapping[str, Any], source: str) -> Run:
    """The run of a configuration, with its defaults filled in; ``source`` names the configuration in messages.

    Raises UserError for the first thing that is wrong in it, in the files it names or in the concepts.
    """
    configuration.check(config, schema, source)
    config = configuration.with_defaults(config, schema)
    inputs = config["inputs"]
    kept = configuration.check_trajectory(config["trajectory"], source)
    section.check(inputs, source)
    section.check_notes(inputs["notes"], config["notes"]["splits"], source)
    configuration.check_passes(config["annotation"], source)
    concepts_file, original_labels_file = found(CONCEPTS), found(ORIGINAL_LABELS)
    defined = definitions.load(concepts_file)
    concepts = list(definitions.chosen(defined, config["concepts"], concepts_file))
    original = config["labels"] == "original"
    run = Run(
        config=config,
        kept_steps=kept,
        branched_steps=configuration.branch_steps(config, source),
        concepts_file=concepts_file,
        original_labels_file=original_labels_file,
        defined_concepts=defined,
        concepts=concepts,
        original_terms=prompt_labels.load_original(original_labels_file, concepts) if original else {},
        classifiers=registry.configured(config["probes"]["classifiers"], source),
        given_prompts=section.prompts(inputs, config["prompts"]["count"]),
    )
    configuration.check_recorded(f"{run.results}/inputs.json", run.inputs, config["run"])
    preflight.hub_models(run.foreign_models)
    return run


def options(values: Mapping[str, Any]) -> str:
    """Options of a script, quoted for the shell; one that is None is left out."""
    given = {name.replace("_", "-"): value for name, value in values.items() if value is not None}
    return " ".join(f"--{name} {quote(str(value))}" for name, value in given.items())


def _where(condition: bool, path: str) -> list[str]:
    return [path] if condition else []
