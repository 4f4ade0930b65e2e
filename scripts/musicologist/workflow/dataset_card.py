"""A run as a data set that others load: the card of a Hugging Face style folder, and how to cite it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from musicologist.core import documents


@dataclass(frozen=True)
class Part:
    """A table of the data set, which becomes a configuration of its own: its name, its files, what it is, and its columns."""

    name: str
    files: str
    about: str
    rows: int
    columns: Sequence[tuple[str, str]]
    """Name and type."""


def card(run: Mapping[str, Any], parts: Sequence[Part], citation: str) -> str:
    """The data set's README.md; ``run`` is run.json, ``citation`` a BibTeX entry."""
    configs = "".join(
        f"- config_name: {part.name}\n  data_files: {part.files}\n" + "  default: true\n" * (not number)
        for number, part in enumerate(parts)
    )
    models = "".join(
        f"* {model['role']}: {model['title']} ({model['digest']}), licence {model['licence']}."
        + (f" **{model['warning']}**" if model["warning"] else "")
        + "\n"
        for model in run["models"]
    )
    counts = ", ".join(f"{number} {what}" for what, number in run["counts"].items())
    tables = "".join(_table(part) for part in parts)
    return (
        f"---\npretty_name: When musical concepts emerge, run {run['run']}\nlicense: other\nlicense_name: of-its-models\n"
        f"license_link: README.md\ntags:\n- audio\n- music\n- diffusion\n- interpretability\nconfigs:\n{configs}---\n\n"
        f"# When musical concepts emerge: run {run['run']}\n\n"
        "How well prompts that ask for a musical concept and prompts that do not can be told apart, at every kept noise level "
        "of a diffusion model that turns noise into music. "
        f"Made by Musicologist {run['version']} on {run['date']}: {counts}.\n\n"
        f"## Licence\n\nThese tables hold numbers and prompts, no audio. What made them, and its licence:\n\n{models}"
        f"* notes: {run['notes']['source']}, licence {run['notes']['licence']}.\n\n"
        "Whoever publishes them keeps to these licences, and may name another in the head of this file, `license`.\n\n"
        f"## Load it\n\n```python\nfrom datasets import load_dataset\n\n"
        f'table = load_dataset("FOLDER", "{parts[0].name}", split="train")\n```\n\n'
        f"## Tables\n\nA missing value is null. The columns' meaning: docs/TABLES.md of Musicologist.\n{tables}\n"
        f"## Cite it\n\n```bibtex\n{citation}```\n"
    )


def _table(part: Part) -> str:
    columns = ", ".join(f"`{name}` ({kind})" for name, kind in part.columns)
    return f"\n### {part.name}\n\n{part.about} {part.rows} rows. {columns}.\n"


def bibtex(citation: Path, run: Mapping[str, Any]) -> str:
    """A BibTeX entry for a run made by the software that ``citation`` (CITATION.cff) describes."""
    told = documents.load_yaml(citation, "a citation")
    authors = " and ".join(
        "{" + author["name"] + "}" if "name" in author else f"{author['family-names']}, {author['given-names']}"
        for author in told["authors"]
    )
    entry = {
        "title": told["title"],
        "author": authors,
        "version": told["version"],
        "year": str(told["date-released"])[:4],
        "note": f"Run {run['run']}, seed {run['seed']}, commit {run['commit']}",
    }
    return (
        "@software{musicologist,\n" + ",\n".join(f"  {name} = {{{value}}}" for name, value in entry.items()) + "\n}\n"
    )
