"""Batches of prompts between the jobs, as JSON Lines, and which prompts a shard and a batch hold.

Prompts are numbered from 0. A shard is ``prompt_id // prompts_per_shard``; a batch is a whole number of shards. That is
arithmetic on running numbers, so that more prompts only add shards.
"""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from musicologist.core.errors import UserError, place_of
from musicologist.core.files import write_text


@dataclass(frozen=True)
class Prompt:
    """One prompt: a running number from 0, what is asked, and who wrote it."""

    prompt_id: int
    text: str
    writer: str


def write_batch(path: str | Path, prompts: Iterable[Prompt]) -> None:
    """Write prompts as JSON Lines, atomically."""
    write_text(path, "".join(json.dumps(asdict(prompt), ensure_ascii=False) + "\n" for prompt in prompts))


def read_batch(path: str | Path) -> list[Prompt]:
    """Read a batch of prompts.

    Raises UserError for a missing or empty file, a line that is no prompt, an empty text or a
    prompt id that stands twice.
    """
    prompts: dict[int, Prompt] = {}
    for place, line in _lines(path):
        try:
            prompt = Prompt(**json.loads(line))
        except (json.JSONDecodeError, TypeError):
            raise UserError(
                f'{place}: expected a prompt like {{"prompt_id": 0, "text": "…", "writer": "…"}}, found {line[:60]!r}: '
                "delete the file and let the workflow write it again."
            ) from None
        if not isinstance(prompt.prompt_id, int) or not isinstance(prompt.text, str) or not prompt.text.strip():
            raise UserError(f"{place}: expected a whole prompt_id and a text that is not empty, found {line[:60]!r}.")
        if prompt.prompt_id in prompts:
            raise UserError(
                f"{place}: the prompt id {prompt.prompt_id} stands twice in this file: number prompts anew."
            )
        prompts[prompt.prompt_id] = prompt
    if not prompts:
        raise UserError(f"{path} is empty: expected at least one prompt, one a line.")
    return list(prompts.values())


def _lines(path: str | Path) -> Iterator[tuple[str, str]]:
    """Non-blank lines, each with its place in words."""
    try:
        with open(path, encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    yield place_of(path, line=number), line.strip()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a file with one prompt a line.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text: expected a file with one prompt a line.") from None


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
