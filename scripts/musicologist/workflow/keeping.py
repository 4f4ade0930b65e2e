"""What a run keeps of its clips: all, those for people, or latents out of which each embedder's are decoded."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicologist.inputs import section
from musicologist.workflow.ears import Ear

_PROMPTS_HEARD = 20
"""So many prompts, or a shard's, one job hears: to begin it and to load a model takes longer than to hear a few."""


@dataclass(frozen=True)
class Keeping:
    """The part of a run (``run.Run``) that is about it."""

    config: Mapping[str, Any]
    ears: Mapping[str, Ear]

    @property
    def ear(self) -> str:
        """The wildcard of an embedder's folder, or nothing: at the beginning of what many rules make it costs a plan much."""
        return "{ear}" if len(self.ears) > 1 else ""

    @property
    def audible(self) -> bool:
        """Whether there is audio: where embeddings are given there is nothing to hear."""
        return not self.config["inputs"]["embeddings"]

    @property
    def generates(self) -> bool:
        """Whether a model generates the audio."""
        return section.heard(self.config["inputs"]) is None

    @property
    def listening(self) -> bool:
        """Whether clips are deleted once they were heard, all but those that are kept for listening."""
        return self.generates and self.config["audio"]["keep"] != "all"

    @property
    def decodes(self) -> bool:
        """Whether clips are kept as latents, and decoded where they are to be heard: once for each embedder."""
        return self.generates and self.config["audio"]["keep"] == "latents"

    @property
    def made(self) -> str:
        """What is generated of a shard's clips at a level."""
        kept = ("audio/latents", "safetensors") if self.decodes else ("audio", "tar")
        return "<results>/{}/{{signal}}/step_{{step}}/shard_{{shard}}.{}".format(*kept)

    @property
    def unheard(self) -> list[str]:
        """The folder that holds a shard's clips until they are heard, where they are then deleted."""
        # One for all levels: that a step was removed must not change what a rule reads.
        return where(self.listening, f"<results>/{self.hearing}audio/unheard/shard_{{shard}}")

    @property
    def hearing(self) -> str:
        """Whose the audio is: all embedders', or of each its own, so that one added later makes no other's anew."""
        return self.ear if self.decodes else ""

    @property
    def shards_heard(self) -> int:
        """How many shards one job embeds; of clips that are deleted once they were heard one, or added prompts ask for them."""
        return 1 if self.listening else max(1, _PROMPTS_HEARD // self.config["audio"]["prompts_per_shard"])

    @property
    def heard_in(self) -> str:
        """The tables that a job embeds. Of several shards they have another name: one shard's is never taken for theirs."""
        return f"embeddings/{'shards' if self.shards_heard == 1 else 'parts'}/{{corpus}}_{{part}}.parquet"

    @property
    def kept_prompts(self) -> int:
        """How many prompts have their clips kept."""
        count = self.config["prompts"]["count"]
        return min(count, self.config["audio"]["listening"]) if self.listening else count


def where(condition: bool, path: str) -> list[str]:
    """The path as a list, empty where there is no such file."""
    return [path] if condition else []
