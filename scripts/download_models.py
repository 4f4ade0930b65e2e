"""Fetch the models that are Hugging Face ids into the hub's cache (HF_HOME), going on where an earlier try broke off.

The only job that asks the hub for weights: all others read the cache. The record says which commits and
which bytes they were.
"""

import argparse
import json
from pathlib import Path
from typing import Any

from musicologist.core import programs


def main() -> None:
    """Write one JSON record for all."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--diffusion", help="Hugging Face id; the text encoder that it names comes with it")
    parser.add_argument("--text-encoder", help="Hugging Face id of a T5 other than that")
    parser.add_argument("--embedder", action="append", default=[], help="Hugging Face id of a model or a checkpoint")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.core.files import write_text
    from musicologist.embedders import registry as embedders
    from musicologist.generators import registry as generators
    from musicologist.models import hub

    records = []
    encoder = hub.named(arguments.text_encoder) if arguments.text_encoder else None
    if arguments.diffusion:
        family = generators.of_model(arguments.diffusion)
        records.append(fetch(hub.named(arguments.diffusion), family.FILES))
        config = family.read_config(hub.directory(arguments.diffusion, family.FILES))
        encoder = encoder or family.text_encoder_of(config, None)
    if encoder is not None:
        records.append(fetch(encoder, hub.TEXT_ENCODER_FILES))
    for embedder in arguments.embedder:
        repository = hub.named(embedder)
        records.append(fetch(repository, embedders.of_model(embedder).needed(repository)))
    write_text(arguments.output, json.dumps(records, indent=1) + "\n")


def fetch(repository: Any, files: Any) -> dict[str, Any]:
    """Fetch a repository's files; its record."""
    from musicologist.core.checkout import sha256
    from musicologist.models import hub, hub_client

    folder = hub_client.download(repository, files)
    described = {
        path.relative_to(folder).as_posix(): {"bytes": path.stat().st_size, "sha256": sha256(path)}
        for path in sorted(hub.cached_paths(repository, files))
    }
    return {"repository": repository.name, "commit": folder.name, "files": described}


if __name__ == "__main__":
    programs.run(main)
