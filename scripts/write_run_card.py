"""Write the run card: configuration, version, commit, models with licences and digests, seed, counts, date, and the command."""

import argparse
import json
from pathlib import Path

from musicologist.core import programs


def main() -> None:
    """Write run.json, and README.md beside it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--configuration", required=True, help="the whole configuration as JSON")
    parser.add_argument("--command", required=True, help="what makes the run again")
    parser.add_argument("--emergence", type=Path, required=True, help="emergence.parquet, whose date is the run's")
    parser.add_argument("--prompts", type=int, required=True, help="how many")
    parser.add_argument("--notes", type=Path, nargs="?", help="notes.parquet")
    parser.add_argument("--clips", type=int, required=True, help="generated clips, all levels and signals counted")
    parser.add_argument("--manifests", type=Path, nargs="*", default=[], help="of shards that may have left clips out")
    parser.add_argument("--licences", default="{}", help="of models whose folder does not tell, as JSON")
    parser.add_argument("--readme", type=Path, required=True, help="what says where everything lies")
    parser.add_argument("--output", type=Path, required=True)
    arguments = parser.parse_args()

    import pyarrow.parquet as pq
    from musicologist.core.checkout import CHECKOUT
    from musicologist.core.files import write_text
    from musicologist.inputs import clips, section
    from musicologist.workflow import record

    def count(path: Path | None) -> int:
        return pq.read_metadata(path).num_rows if path else 0

    configuration, licences = json.loads(arguments.configuration), json.loads(arguments.licences)
    concepts = set(pq.read_table(arguments.emergence, columns=["concept"])["concept"].to_pylist())
    manifests = [json.loads(path.read_text(encoding="utf-8")) for path in arguments.manifests]
    left_out = clips.left_out(manifests)
    levels = len(manifests[0]["levels"]) if manifests else 0
    used = configuration["models"]
    if section.heard(configuration.get("inputs", {})):
        used = {**used, "diffusion": None, "text_encoder": None}
    card = {
        "run": configuration["run"],
        "date": record.date_of(arguments.emergence),
        "version": record.version(CHECKOUT / "CITATION.cff"),
        "commit": record.commit(CHECKOUT),
        "command": arguments.command,
        "seed": configuration["seed"],
        "counts": {
            "prompts": arguments.prompts,
            "clips": arguments.clips - levels * len(left_out),
            **({"clips left out": len(left_out)} if left_out else {}),
            "notes": count(arguments.notes),
            "concepts": len(concepts),
        },
        "models": [record.model_entry(*one, licences) for one in record.models_by_role(used)],
        "notes": record.notes_entry(configuration),
        **({"left_out": left_out} if left_out else {}),
        "configuration": configuration,
    }
    write_text(arguments.readme, record.readme(card))
    write_text(arguments.output, json.dumps(card, indent=2, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    programs.run(main)
