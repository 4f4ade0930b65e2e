"""What the causal tests of a run make: continuations of its states with fresh noise, or with another prompt."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from musicologist.concepts import nameable
from musicologist.concepts.definitions import Concept
from musicologist.core import documents
from musicologist.core.checkout import found
from musicologist.core.errors import UserError, suggest
from musicologist.prompts import pairs as prompt_pairs
from musicologist.prompts.plan import Plan
from musicologist.workflow import configuration


@dataclass(frozen=True)
class Interventions:
    """The part of a run (``run.Run``) that is about them."""

    config: Mapping[str, Any]
    branched_steps: list[int]
    switched_steps: list[int]
    pairs: int

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
    def pairs_plan(self) -> Plan:
        """How the prompts of pairs are cut into shards: 2 n and 2 n + 1 are a pair and stand in one."""
        size = max(2, self.config["audio"]["prompts_per_shard"] // 2 * 2)
        return Plan(prompts=2 * self.pairs, prompts_per_shard=size, shards_per_batch=max(1, self.pairs))

    @property
    def switched_shards(self) -> list[str]:
        """The shards of clips of pairs."""
        return [f"{shard:04d}" for shard in self.pairs_plan.shards()]

    @property
    def switched_levels(self) -> list[tuple[str, str]]:
        """Signal and step of the clips of pairs: finished as they began, and from each step on with the other prompt."""
        last = self.config["trajectory"]["steps"] - 1
        return [("denoised", f"{last:02d}"), *(("switched", f"{step:02d}") for step in self.switched_steps)]

    @property
    def switching_cost(self) -> str:
        """What switching costs beside the audio of the run, for the dry-run."""
        steps, levels = self.config["trajectory"]["steps"], len(self.switched_steps)
        cost = configuration.switching_cost(self.pairs, self.switched_steps, steps)
        whole = self.config["prompts"]["count"] * self.config["audio"]["samples"] * steps
        return (
            f"of {2 * self.pairs * levels} switched clips in all ({self.pairs} pairs x 2 directions x {levels} levels), which "
            f"take {cost:,} denoising steps; the run's own audio takes {whole:,}."
        )


def switched_pairs(config: Mapping[str, Any], concepts: Mapping[str, Concept]) -> int:
    """How many pairs of prompts the run has, given or by the grammar.

    Raises UserError where given pairs are no such table or name a concept that is not among the run's ``concepts``, and where
    switching is on and the grammar has no pair for these.
    """
    given = config["inputs"]["prompt_pairs"]
    if not given:
        families, qualities = nameable.families(concepts), nameable.qualities(concepts)
        pairs = prompt_pairs.Subjects(families, qualities, {}).in_a_round * config["switching"]["rounds"]
        if config["switching"]["enabled"] and not pairs:
            raise UserError(
                "switching.enabled is true, but none of the run's concepts is one instrument family or a quality, of which the "
                "grammar could make pairs: give inputs.prompt_pairs, or set it to false."
            )
        return pairs
    pairs = prompt_pairs.read(found(given))
    documents.require_text([text for pair in pairs for text in (pair.pair, pair.first, pair.second)], str(given))
    for pair in pairs:
        for name in (pair.first_concept, pair.second_concept):
            if name and name not in concepts:
                raise UserError(
                    f"{given}, pair {pair.pair}: the run has no concept {name!r}; {suggest(name, concepts)}."
                )
    return len(pairs)
