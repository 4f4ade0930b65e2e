"""What the causal tests of a run make: continuations of its states with fresh noise, or with another prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicologist.prompts.plan import Plan
from musicologist.workflow import configuration


@dataclass(frozen=True)
class Interventions:
    """The part of a run (``run.Run``) that is about them."""

    config: Mapping[str, Any]
    branched_steps: list[int]

    @property
    def plan(self) -> Plan:
        """How the run's prompts are cut into shards."""
        raise NotImplementedError

    @property
    def shards(self) -> list[str]:
        """All shards of clips."""
        return [f"{shard:04d}" for shard in self.plan.shards()]

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
        return ["<results>/commitment.png"] if self.config["commitment"]["enabled"] else []

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
