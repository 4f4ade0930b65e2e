"""Write config/README.md from the configuration's JSON schema, or check that it is up to date."""

import argparse
import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "scripts"))
from musicologist.core import programs
from musicologist.core.errors import UserError
from musicologist.core.files import write_text

SCHEMA = Path("config/schemas/config.schema.json")
TARGET = Path("config/README.md")
SIGNS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}
HEAD = """# Configuration

Generated from `schemas/config.schema.json` by `make docs`; edit the schema.

`config.yaml` is the embedded default (run `demo`), `paper.yaml` the paper's scale: each is complete in itself. Three ways to
have one of your own:

* **A few keys laid over another file**: `snakemake --configfile config/config.yaml mine.yaml`, where `mine.yaml` holds no more
  than what differs (`run: mine`, `prompts: {count: 40}`). Of several files a later one wins, key by key; a list is replaced
  as a whole. `--configfile mine.yaml` alone is not laid over anything.
* **Keys on the command line**: `snakemake --config seed=2 run=second 'prompts={count: 40}' 'figures={dpi: 300}'`. They win
  over every file.
* **A copy**, in which sections may be left out that the run does not need: who writes prompts where `inputs.prompts` gives them
  (then `prompts.count` is all), the diffusion model and its guidance where `inputs.audio` or `inputs.embeddings` does.

`concepts.yaml` defines the concepts; its head explains the entries. Own concepts, with aspects and groups of their own, stand
in a file of yours: `concepts_file: [config/concepts.yaml, mine_concepts.yaml]`; on a finished run a new one costs no GPU time.

A dash in the column *default* means that the key must be there.

| key | values | default | meaning |
| --- | --- | --- | --- |
"""


def main() -> None:
    """Write the page; with --check, complain where it differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where the page is out of date")
    arguments = parser.parse_args()

    page = HEAD + "".join(_rows(json.loads(SCHEMA.read_text(encoding="utf-8"))))
    if not arguments.check:
        write_text(TARGET, page)
    elif not TARGET.exists() or TARGET.read_text(encoding="utf-8") != page:
        raise UserError(f"{TARGET} differs from what {SCHEMA} says: run `make docs` and commit it.")


def _rows(schema: Mapping[str, Any], prefix: str = "") -> Iterator[str]:
    open_to = schema.get("additionalProperties")
    others = {open_to["title"]: open_to} if isinstance(open_to, Mapping) else {}
    for key, part in (schema["properties"] | others).items():
        name = f"{prefix}{key}"
        if part.get("type") == "object":
            yield f"| **`{name}`** | | | {part['description']} |\n"
            yield from _rows(part, f"{name}.")
        else:
            default = f"`{json.dumps(part['default'])}`" if "default" in part else "–"
            yield f"| `{name}` | {_values(part)} | {default} | {part['description']} |\n"


def _values(part: Mapping[str, Any]) -> str:
    if "enum" in part:
        return ", ".join("null" if value is None else f"`{value}`" for value in part["enum"])
    if "anyOf" in part:
        return " or ".join(f"`{option['const']}`" if "const" in option else _values(option) for option in part["anyOf"])
    if "properties" in part:
        return f"`{{{', '.join(part['properties'])}}}`"
    if part["type"] == "array":
        return f"list of {_values(part['items'])}"
    kinds = part["type"] if isinstance(part["type"], list) else [part["type"]]
    bounds = [f"{sign} {part[key]}" for key, sign in SIGNS.items() if key in part]
    return " ".join([" or ".join(kinds), *bounds])


if __name__ == "__main__":
    programs.run(main)
