"""Prompts in files: batches of JSON Lines between the jobs, and the text files that users give."""

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from musicologist.errors import UserError
from musicologist.files import write_text


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
    return list(prompts.values())


def read_given(path: str | Path, count: int | None = None) -> list[str]:
    """The first ``count`` texts (or all) of a file that a user gives: one prompt a line, or JSON Lines with ``text``.

    Blank lines do not count. A ``prompt_id``, where given, must be the running number from 0.

    Raises UserError for a missing or empty file, a line without text, a prompt id that stands twice or out of order,
    and fewer than ``count`` prompts.
    """
    texts: list[str] = []
    for place, line in _lines(path):
        text = _given_record(place, line, len(texts)) if Path(path).suffix in (".jsonl", ".json") else line.strip()
        texts.append(text)
    if count is not None and len(texts) < count:
        raise UserError(
            f"{path} holds {len(texts)} prompts, but prompts.count asks for {count}: lower it or add prompts."
        )
    return texts[:count]


def _given_record(place: str, line: str, expected_id: int) -> str:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise UserError(f'{place}: not JSON ({error.msg}): expected a line like {{"text": "…"}}.') from None
    text = record.get("text") if isinstance(record, dict) else None
    if not isinstance(text, str) or not text.strip():
        raise UserError(
            f'{place}: expected a line like {{"text": "…"}} with a text that is not empty, found {line[:60]!r}.'
        )
    prompt_id = record.get("prompt_id", expected_id)
    if prompt_id != expected_id:
        seen = isinstance(prompt_id, int) and 0 <= prompt_id < expected_id
        what = "stands twice" if seen else f"is not the running number {expected_id}"
        raise UserError(f"{place}: the prompt id {prompt_id!r} {what}: number prompts from 0, or leave prompt_id out.")
    return text.strip()


def _lines(path: str | Path) -> Iterator[tuple[str, str]]:
    """Non-blank lines, each with its place in words."""
    try:
        with open(path, encoding="utf-8") as stream:
            found = False
            for number, line in enumerate(stream, start=1):
                if line.strip():
                    found = True
                    yield f"{path}, line {number}", line.strip()
    except FileNotFoundError:
        raise UserError(f"{path} does not exist: expected a file with one prompt a line.") from None
    except UnicodeDecodeError:
        raise UserError(f"{path} is not UTF-8 text: expected a file with one prompt a line.") from None
    if not found:
        raise UserError(f"{path} is empty: expected at least one prompt, one a line.")
