"""Batches of prompts between the jobs, as JSON Lines."""

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
        except (ValueError, TypeError, RecursionError):
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
