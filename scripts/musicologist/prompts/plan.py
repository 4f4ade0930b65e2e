"""Which prompts a shard and a batch hold: arithmetic on running numbers, so that more prompts only add shards.

Prompts are numbered from 0. A shard is ``prompt_id // prompts_per_shard``; a batch is a whole number of shards.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Plan:
    """How ``prompts`` prompts are cut into shards of ``prompts_per_shard`` and batches of ``shards_per_batch``."""

    prompts: int
    prompts_per_shard: int
    shards_per_batch: int

    @property
    def prompts_per_batch(self) -> int:
        """Prompts in a full batch."""
        return self.prompts_per_shard * self.shards_per_batch

    def shards(self) -> range:
        """The numbers of all shards; the last one may not be full."""
        return range(-(-self.prompts // self.prompts_per_shard))

    def batches(self) -> range:
        """The numbers of all batches."""
        return range(-(-self.prompts // self.prompts_per_batch))

    def batch_of_shard(self, shard: int) -> int:
        """The batch that holds a shard's prompts."""
        return shard // self.shards_per_batch

    def prompts_of_shard(self, shard: int) -> range:
        """Prompt ids of a shard, no further than the last prompt."""
        first = shard * self.prompts_per_shard
        return range(first, min(first + self.prompts_per_shard, self.prompts))

    def prompts_of_batch(self, batch: int) -> range:
        """Prompt ids of a batch; always full, so that a batch does not depend on how many prompts there are."""
        first = batch * self.prompts_per_batch
        return range(first, first + self.prompts_per_batch)
