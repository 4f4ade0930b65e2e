"""The one table of aspects, ``aspects.toml``: prompts' closed vocabulary, in which each aspect has its words for every use.

A new aspect is one entry there. A program's digest covers the columns that it asks for by ``column("…")`` and the names.
"""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any

TABLE = Path(__file__).with_name("aspects.toml")


@cache
def _entries() -> dict[str, dict[str, Any]]:
    return tomllib.loads(TABLE.read_text(encoding="utf-8"))


def column(name: str) -> dict[str, Any]:
    """What each aspect that has the entry ``name`` says there, lists as tuples, in the table's order."""
    found = {aspect: entry[name] for aspect, entry in _entries().items() if name in entry}
    return {aspect: tuple(value) if isinstance(value, list) else value for aspect, value in found.items()}


ASPECTS: tuple[str, ...] = tuple(_entries())
"""What a prompt can be annotated with. NSynth's "dark" is "warm sound" here, "bright" is "bright sound"."""
