"""The embedders of a run: its own, whose products stand where they always do, and others beside it, in folders of their own."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicologist.concepts.definitions import Concept
from musicologist.core.checkout import CHECKOUT, found
from musicologist.core.errors import UserError
from musicologist.embedders import registry
from musicologist.workflow.provenance import Digest, model_digest, model_title


@dataclass(frozen=True)
class Ear:
    """One configured embedder; its products stand below ``place``, "" for the run's own or ``embedders/NAME/``."""

    name: str
    model: str
    place: str

    @property
    def kind(self) -> str:
        """What messages and records call it: the key of the configuration behind ``models``."""
        return f"embedders.{self.name}" if self.place else "clap"

    @property
    def module(self) -> str:
        """The module that loads it."""
        return registry.module_of(self.model)

    @property
    def reads_text(self) -> bool:
        """Whether it can be asked by words."""
        return registry.of_model(self.model).READS_TEXT

    @property
    def on_sphere(self) -> bool:
        """Whether what it gives has unit norm; if not, the notes centre and scale it."""
        return registry.of_model(self.model).ON_SPHERE

    @property
    def tagger(self) -> str | None:
        """The module that reads its own names for what it hears off what it gives; None where it has none."""
        return registry.tagger_of(self.module)

    def tags(self, concepts: Mapping[str, Concept]) -> dict[str, tuple[str, ...]]:
        """By concept the tags that say what its prompts ask for; none where an aspect of it has no tag, or it has no tags."""
        named = registry.tags_of(self.tagger) if self.tagger else None
        return {name: _tags(concept, named) if named else () for name, concept in concepts.items()}

    @property
    def environment(self) -> str:
        """The file of envs/ in which it runs, without .yaml; UserError where there is none of that name."""
        name = getattr(registry.of_model(self.model), "ENVIRONMENT", "clap")
        if not (file := CHECKOUT / f"envs/{name}.yaml").is_file():
            raise UserError(
                f"models.{self.kind} is {self.model}, whose ENVIRONMENT is {name!r}, but {file} does not exist: make it as "
                "envs/README.md says."
            )
        return str(name)

    @property
    def licence(self) -> str:
        """That of weights which come with a package or a file of the user's own; of others their folder may tell."""
        own = self.model in registry.PACKAGED or self.model.endswith(".py")
        return registry.of_model(self.model).LICENCE if own else ""

    @property
    def title(self) -> str:
        """The model as a figure names it."""
        return self.model if self.model in registry.PACKAGED else model_title(found(self.model))

    def digest(self, cache: str | Path) -> Digest:
        """Digest of the model's files; ``cache`` as for ``model_digest``."""
        return Digest(f"model {self.kind}", model_digest(found(self.model), cache=cache))


def configured(models: Mapping[str, Any], inputs: Mapping[str, Any], source: str) -> dict[str, Ear]:
    """The embedders by the folder of their products, the run's own first; ``models.clap: X`` is short for one named clap.

    Raises UserError where neither or both keys are given, or where several are to hear what is not there to be heard.
    """
    several, one = models["embedders"], models["clap"]
    if bool(several) == bool(one):
        raise UserError(
            f"{source}: {'both' if one else 'neither'} of models.clap and models.embedders {'are' if one else 'is'} given: "
            "name the embedder as models.clap, or several as models.embedders: {clap: …, musicnn: musicnn}."
        )
    named = dict(several or {"clap": one})
    given = next((key for key in ("embeddings", "note_embeddings") if inputs[key]), None)
    if len(named) > 1 and given:
        raise UserError(
            f"{source}: models.embedders names {len(named)}, but inputs.{given} are given, which one of them made: name that "
            "one alone, or give audio and notes for all to hear."
        )
    own = next(iter(named))
    for model in named.values():
        if model.endswith(".py"):
            registry.of_model(model)  # UserError where it is none
    ears = [Ear(name, model, "" if name == own else f"embedders/{name}/") for name, model in named.items()]
    return {ear.place: ear for ear in ears}


def _tags(concept: Concept, named: registry.Tagger) -> tuple[str, ...]:
    """The tags of a concept's aspects, where each of them has one: prompts that ask for another would count as positive too.

    Where a prompt must ask for several at once there are none: the highest of several tags says that one is there.
    """
    aspects = concept.positive_aspects
    known = [named.TAGS_OF_ASPECTS.get(aspect, [aspect] if aspect in named.TAGS else []) for aspect in aspects]
    one = len(aspects) == 1 or concept.prompt_match == "any"
    return tuple(dict.fromkeys(tag for tags in known for tag in tags)) if one and all(known) else ()
