"""Write the listening page: hear what the model makes of noise, level by level, and see what the probes hear in it.

One self-contained file where it stays small, else a page with a folder of clips. It opens from a disk, without a server
or a network.
"""

import argparse
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from musicologist.core import programs, progress


def main() -> None:
    """Write the page and its folder of clips."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--concepts-file", required=True, help="concepts.yaml")
    parser.add_argument("--concepts", nargs="+", required=True, help="names, in the page's order")
    parser.add_argument(
        "--emergence",
        type=Path,
        required=True,
        help="emergence.parquet, in the run's folder: originals are named relative to it",
    )
    parser.add_argument("--order", type=Path, required=True)
    parser.add_argument("--texts", type=Path, nargs="?", help="prompts.parquet, where their texts are known")
    parser.add_argument("--annotations", type=Path, required=True)
    parser.add_argument("--run-card", type=Path, required=True)
    parser.add_argument("--scores", nargs="+", type=Path, required=True, help="CONCEPT/scores_PROBE.parquet")
    parser.add_argument("--cards", nargs="*", type=Path, default=[])
    parser.add_argument("--controls", nargs="*", type=Path, default=[])
    parser.add_argument("--contents", nargs="*", type=Path, default=[])
    parser.add_argument("--datasets", nargs="*", type=Path, default=[])
    parser.add_argument("--audio", type=Path, nargs="?", help="folder SIGNAL/step_XX/shard_YYYY.tar of generated clips")
    parser.add_argument("--unconditional", type=Path, nargs="?", help="the same of clips without prompts")
    parser.add_argument("--branches", type=Path, nargs="?", help="the same of branches")
    parser.add_argument("--switched", type=Path, nargs="?", help="the same of clips whose prompt was exchanged")
    parser.add_argument("--switching", type=Path, nargs="?", help="switching.csv")
    parser.add_argument("--notes", type=Path, nargs="?", help="notes.parquet")
    parser.add_argument("--note-shards", nargs="*", type=Path, default=[])
    parser.add_argument("--listeners", type=Path, nargs="?", help="listeners.csv")
    parser.add_argument("--outside", nargs="*", default=[], help="NAME=FOLDER of the products of another embedder")
    parser.add_argument("--comparison", type=Path, nargs="?", help="comparison/embedders.json")
    parser.add_argument("--prompts", type=int, required=True, help="prompts to hear")
    parser.add_argument("--samples", type=int, required=True, help="clips of each")
    parser.add_argument("--kbit", type=int, required=True, help="thousand bits a second of MP3")
    parser.add_argument("--single-file-mb", type=float, required=True)
    parser.add_argument("--resources", type=Path, required=True, help="the page's template, style and programs")
    parser.add_argument("--page", type=Path, required=True)
    parser.add_argument("--clips", type=Path, required=True)
    arguments = parser.parse_args()

    from musicologist.concepts import definitions
    from musicologist.listening import page, rendering

    known = definitions.load(arguments.concepts_file, arguments.concepts)
    by_name = {name: known[name] for name in arguments.concepts}
    scores: dict[str, dict[str, Path]] = {name: {} for name in by_name}
    for path in arguments.scores:
        scores[path.parent.name][path.stem.removeprefix("scores_")] = path
    corpora = {name: getattr(arguments, name) for name in ("unconditional", "branches", "switched")}
    sources = page.Sources(
        root=arguments.emergence.parent,
        concepts=by_name,
        emergence=arguments.emergence,
        order=arguments.order,
        prompts=arguments.texts,
        annotations=arguments.annotations,
        run_card=arguments.run_card,
        scores=scores,
        cards=_by_concept(arguments.cards),
        controls=_by_concept(arguments.controls),
        contents=_by_concept(arguments.contents),
        datasets=_by_concept(arguments.datasets),
        audio=arguments.audio,
        corpora={name: folder for name, folder in corpora.items() if folder},
        notes=arguments.notes,
        note_shards=arguments.note_shards,
        switching=arguments.switching,
        listeners=arguments.listeners,
        outside={name: Path(folder) for name, folder in (one.split("=", 1) for one in arguments.outside)},
        comparison=arguments.comparison,
    )

    def told(items: Iterable[Any], total: int) -> Iterable[Any]:
        return progress.shown(items, total, "tar files read")

    found = page.gather(sources, arguments.prompts, arguments.samples, arguments.kbit, told)
    single = rendering.write(found, arguments.resources, arguments.single_file_mb, arguments.page, arguments.clips)
    megabytes = sum(file.stat().st_size for file in [arguments.page, *arguments.clips.iterdir()]) / 1e6
    where = "one file" if single else f"a page and the folder {arguments.clips}"
    print(f"The listening page is {arguments.page}: {where}, {megabytes:.1f} MB.", file=sys.stderr)


def _by_concept(paths: Sequence[Path]) -> dict[str, Path]:
    return {path.parent.name: path for path in paths}


if __name__ == "__main__":
    programs.run(main)
