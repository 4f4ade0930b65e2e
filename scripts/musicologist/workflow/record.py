"""The run card: what made a run, so that it can be read years later and made again."""

import json
import os
import re
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from musicologist.workflow.provenance import model_digest, model_title

_LICENCE = re.compile(r"^(?:license|licence):\s*(.+)$|^\|\s*Licen[cs]e\s*\|\s*(.+?)\s*\|", re.IGNORECASE | re.MULTILINE)
_NOTES_LICENCE = {
    "FluidR3": "MIT",
    "MuseScore_General": "MIT",
    "TimGM6mb": "GPL-2.0 (the sound font; rendered notes are not distributed)",
}
MADE_BY = "MUSICOLOGIST_MADE_BY"
"""That of ``core.parquet``, which is slow to import where a run is planned."""
_NSYNTH = "NSynth (Engel et al. 2017), CC BY 4.0"


def tell_tables(run: str, results: str, models: Mapping[str, str]) -> None:
    """Have the jobs of this process name the run in the tables of its folder, and what made those of each embedder's folder."""
    os.environ[MADE_BY] = json.dumps({"run": run, "results": results, "models": dict(models)})


def models_by_role(models: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Roles and models of a configuration's ``models``, of those that are named."""
    heard = list((models.get("embedders") or {"clap": models.get("clap")}).values())
    roles = [("makes the audio", models.get("diffusion")), ("hears it", heard[0])]
    roles += [("hears it too, as an outside judge", other) for other in heard[1:]]
    roles += [("reads the prompts", models.get("text_encoder"))]
    return [(role, model) for role, model in roles if model]


def model_entry(role: str, model: str, licences: Mapping[str, str]) -> dict[str, str]:
    """A model as the card names it: title, digest, and licence, of ``licences`` or as far as its card (``README.md``) tells."""
    card = Path(model) / "README.md"
    text = card.read_text(encoding="utf-8") if card.is_file() else ""
    found = _LICENCE.search(text)
    licence = next((group for group in found.groups() if group), "") if found else ""
    licence = licences.get(model, licence)
    if not licence:
        name = model.partition("@")[0]
        licence = "not stated" if Path(model).exists() else f"see https://huggingface.co/{name}"
    return {
        "role": role,
        "model": model,
        "title": model_title(model),
        "digest": model_digest(model),
        "licence": licence,
        "warning": "A stand-in: use it for no research on real music." if "stand-in" in text else "",
    }


def notes_entry(configuration: Mapping[str, Any]) -> dict[str, str]:
    """Where the notes came from and under which licence, as far as the configuration tells."""
    given = (configuration.get("inputs") or {}).get("notes")
    font = (configuration.get("notes") or {}).get("soundfont")
    if given:
        return {"source": given, "licence": _NSYNTH if "nsynth" in given.lower() else "that of what was given"}
    return {
        "source": f"rendered from the sound font {font}",
        "licence": _NOTES_LICENCE.get(str(font), "that of the sound font"),
    }


def commit(folder: Path) -> str:
    """The commit that is checked out in a folder, and whether files differ from it; "unknown" outside a repository."""
    try:
        head, changed = (
            subprocess.run(["git", *command], cwd=folder, capture_output=True, text=True, check=True).stdout.strip()
            for command in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"])
        )
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return f"{head} with local changes" if changed else head


def version(citation: Path) -> str:
    """The version that CITATION.cff names; "unknown" without one."""
    text = citation.read_text(encoding="utf-8") if citation.is_file() else ""
    found = re.search(r"^version:\s*(\S+)", text, re.MULTILINE)
    return found.group(1) if found else "unknown"


def date_of(product: Path) -> str:
    """The day (UTC) on which a product was written, as its file says: a copy keeps it only where times are kept."""
    return datetime.fromtimestamp(product.stat().st_mtime, UTC).date().isoformat()


_CONTENTS = {
    "listen/index.html": "the listening page: open it in a browser",
    "atlas.*, order.*, distances.*, concepts/CONCEPT/emergence.*, rates.*, pca.*": "figures, each with its caption as .txt",
    "emergence.parquet, atlas.csv": "the headline table: concepts by probes, signals and noise levels",
    "concepts/CONCEPT/card.json": "what was found about a concept: answer, landmarks, p and q, doubts",
    "concepts/CONCEPT/": "its dataset, probes (.skops), scores, curve, landmarks, controls and content",
    "order.json": "in which order concepts emerge",
    "prompts/": "prompts and what they ask for",
    "audio/SIGNAL/step_XX/shard_YYYY.tar": "clips as FLAC, each with a JSON record (WebDataset)",
    "audio/latents/": "the clips' finished latents; with audio.keep: latents, those of all levels",
    "notes/, embeddings/, acoustics/": "notes, embeddings, and what was measured of the sound",
    "embedders/NAME/, comparison/": "the same of other embedders, and whether they agree",
    "run.json": "models with digests and licences, the whole configuration, and the command that makes it again",
}


def readme(card: Mapping[str, Any]) -> str:
    """What a run's folder says of itself to whoever opens it, in Markdown; ``card`` is run.json."""
    counts = ", ".join(f"{number} {what}" for what, number in card["counts"].items())
    models = "\n".join(
        f"* {model['role']}: {model['title']}, licence {model['licence']}."
        + f" **{model['warning']}**" * bool(model["warning"])
        for model in card["models"]
    )
    version = card["version"] + (f", commit {card['commit']}" if card["commit"] else "")
    left_out = "".join(f"* left out: {one['file']}, which {one['why']}.\n" for one in card.get("left_out", ()))
    table = "\n".join(f"| `{place.replace(', ', '`, `')}` | {what} |" for place, what in _CONTENTS.items())
    return (
        f"# Run {card['run']}\n\nMade by Musicologist {version} on {card['date']}: {counts}.\n\n{models}\n"
        f"* notes: {card['notes']['source']}, licence {card['notes']['licence']}.\n{left_out}\n"
        f"| here | what it is |\n| --- | --- |\n{table}\n\n"
        "What the columns of the tables mean, and how to read them: docs/TABLES.md of the project. To make the run again:\n\n"
        f"    {card['command']}\n"
    )
